/** Time that this process computed, ms: unlike the clock, it does not pass while others have the processor. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
