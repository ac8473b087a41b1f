import pg from 'pg';
import { benchDatasets } from './shelf.js';

/** The tables of reference (b), over the same shelf: a bitmap row per facet value, and coded arrays in page order. */
export async function makeSqlTables(url: string, count: number): Promise<void> {
  const numbers = new Map<string, number>();
  const bits: Buffer[] = [];
  const facetOf: number[] = [];
  const codes: number[][] = [];
  const ids: string[] = [];
  let i = 0;
  for (const dataset of benchDatasets(count)) {
    // Newest first: the generator gives the oldest first.
    const place = count - 1 - i++;
    ids.push(dataset.id);
    codes.push(
      dataset.facets.flatMap((values, facet) =>
        values.map((value) => {
          const key = `${facet}:${value}`;
          let number = numbers.get(key);
          if (number === undefined) {
            number = numbers.size;
            numbers.set(key, number);
            bits.push(Buffer.alloc(count, '0'));
            facetOf.push(facet);
          }
          bits[number]?.write('1', place);
          return number;
        }),
      ),
    );
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    create extension if not exists intarray;
    create table facet_value (code int primary key, facet int not null, value text not null, bits bit varying not null);
    alter table facet_value alter column bits set storage external;
    create table dataset_codes (place int primary key, id text not null, codes int[] not null);`);
  for (const [key, number] of numbers) {
    const colon = key.indexOf(':');
    await client.query('insert into facet_value values ($1, $2, $3, $4::varbit)', [
      number,
      facetOf[number],
      key.slice(colon + 1),
      bits[number]?.toString('latin1'),
    ]);
  }
  for (let start = 0; start < count; start += 10_000) {
    const end = Math.min(count, start + 10_000);
    await client.query(
      `insert into dataset_codes select place, id, codes::int[] from unnest($1::int[], $2::text[], $3::text[]) as t (place, id, codes)`,
      [
        Array.from({ length: end - start }, (_, k) => count - 1 - (start + k)),
        ids.slice(start, end),
        codes.slice(start, end).map((list) => `{${list.join(',')}}`),
      ],
    );
  }
  await client.query('create index dataset_codes_codes on dataset_codes using gin (codes gin__int_ops)');
  await client.query(`vacuum analyze facet_value`);
  await client.query(`vacuum analyze dataset_codes`);
  await client.end();
}
