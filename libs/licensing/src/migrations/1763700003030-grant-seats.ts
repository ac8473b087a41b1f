import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who sits on the seats of a right whose terms name a number of users. */
export class GrantSeats1763700003030 implements MigrationInterface {
  name = 'GrantSeats1763700003030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table grant_seats (
        grant_id text not null references grants (id),
        seat int not null check (seat > 0),
        user_id text not null,
        named_at timestamptz not null,
        released_at timestamptz check (released_at >= named_at),
        released_by text,
        primary key (grant_id, user_id, named_at)
      );
      create unique index grant_seats_one_user_per_seat on grant_seats (grant_id, seat) where released_at is null;
      create unique index grant_seats_one_seat_per_user on grant_seats (grant_id, user_id) where released_at is null;

      -- No seat beyond the terms; a seat once released stays in the history of the right.
      create function check_grant_seat() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' or (tg_op = 'UPDATE' and (old.released_at is not null or
          (to_jsonb(new) - 'released_at' - 'released_by') <> (to_jsonb(old) - 'released_at' - 'released_by'))) then
          raise exception 'a seat of grant % can only be released', old.grant_id using errcode = 'check_violation';
        end if;
        if tg_op = 'INSERT' and not exists (select from grants g join terms t on t.hash = g.terms_hash
            where g.id = new.grant_id and new.seat <= (t.terms ->> 'seats')::int) then
          raise exception 'grant % has no seat %', new.grant_id, new.seat using errcode = 'check_violation';
        end if;
        return new;
      end $$;
      create trigger grant_seats_checked before insert or update or delete on grant_seats
        for each row execute function check_grant_seat();
      create trigger grant_seats_no_truncate before truncate on grant_seats
        for each statement execute function licensing_refuse_rewrite();
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
