/** Last words of a test run: one line of counts. A skipped test counts as a failure of the run: none may be silent. */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    this.isBad = skipped > 0 && process.env.CI === 'true';
    const tail = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stderr.write('', () =>
      process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed${tail}\n`),
    );
  }

  getLastError() {
    return this.isBad ? new Error('Skipped tests fail CI.') : undefined;
  }
}
