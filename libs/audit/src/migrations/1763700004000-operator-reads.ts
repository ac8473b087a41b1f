import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When an operator's read of something was last put on record, so that a page that is looked at again is one act. */
export class OperatorReads1763700004000 implements MigrationInterface {
  name = 'OperatorReads1763700004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table operator_reads (
        user_id text not null,
        action text not null,
        subject_id text not null,
        recorded_at timestamptz not null,
        primary key (user_id, action, subject_id)
      );
      create index operator_reads_recorded on operator_reads (recorded_at);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
