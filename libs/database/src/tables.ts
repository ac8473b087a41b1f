import type { MigrationInterface } from 'typeorm';

/** A class of rows (TypeORM entity). */
export type EntityClass = new () => object;
export type MigrationClass = new () => MigrationInterface;

export interface DomainTables {
  readonly domain: string;
  readonly entities: readonly EntityClass[];
  readonly migrations: readonly MigrationClass[];
}

const registered = new Map<string, DomainTables>();

/**
 * Tells the database which tables a domain owns. Called once where the domain's module is declared, so that whoever
 * imports the module has its tables, and migrations of all domains run in one order (by the time in their names).
 */
export function registerTables(tables: DomainTables): void {
  registered.set(tables.domain, tables);
}

export function registeredTables(): readonly DomainTables[] {
  return [...registered.values()];
}
