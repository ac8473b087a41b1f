import { Field, GraphQLISODateTime, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import { Visible } from '@app/graphql';
import { TITLE_EVENTS, TITLE_RIGHTS } from './title.rules.js';
import type { NewTitleRecord, TitleEvent, TitleRecordRow, TitleRight, TitleRow, TitleStanding } from './title.rules.js';

const upper = <T extends string>(codes: readonly T[]): Record<string, T> =>
  Object.fromEntries(codes.map((code) => [code.toUpperCase(), code]));

export const TitleEventEnum = upper(TITLE_EVENTS);
export const TitleRightEnum = upper(TITLE_RIGHTS);
export const TitleStandingEnum = upper<TitleStanding>(['valid', 'disputed', 'expired', 'cancelled', 'revoked']);
registerEnumType(TitleEventEnum, { name: 'TitleEvent', description: 'What a registry entered 登记事项.' });
registerEnumType(TitleRightEnum, {
  name: 'TitleRight',
  description: 'Hold 持有权, process and use 加工使用权, operate 经营权.',
});
registerEnumType(TitleStandingEnum, { name: 'TitleStanding', description: 'Where a registration stands today.' });

@Visible('public')
@ObjectType('TitleRecord', { description: 'One event of a registration, as the operator recorded it.' })
export class TitleRecordType {
  @Field(() => ID)
  id: string;

  @Field(() => TitleEventEnum)
  event: TitleEvent;

  @Field(() => TitleRightEnum)
  titleRight: TitleRight;

  @Field(() => String, { description: 'A day, YYYY-MM-DD.' })
  issuedOn: string;

  @Field(() => String, { nullable: true })
  expiresOn: string | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 of the document that proves it.' })
  fileSha256: string | null;

  @Field(() => String, { nullable: true })
  note: string | null;

  @Field(() => GraphQLISODateTime)
  recordedAt: Date;
}

@Visible('public')
@ObjectType('Title', { description: 'A registration of the title in a dataset 数据产权登记.' })
export class TitleType {
  @Field(() => String)
  number: string;

  @Field(() => String)
  issuer: string;

  @Field(() => TitleRightEnum)
  titleRight: TitleRight;

  @Field(() => String)
  issuedOn: string;

  @Field(() => String, { nullable: true })
  expiresOn: string | null;

  @Field(() => String, { nullable: true })
  fileSha256: string | null;

  @Field(() => TitleStandingEnum)
  standing: TitleStanding;

  @Field(() => [TitleRecordType], { description: 'Oldest first.' })
  events: TitleRecordType[];
}

@InputType()
export class RecordTitleInput implements NewTitleRecord {
  @Field(() => String)
  slug: string;

  @Field(() => TitleEventEnum)
  event: TitleEvent;

  @Field(() => String, { description: 'Registration or certificate number.' })
  number: string;

  @Field(() => String)
  issuer: string;

  @Field(() => TitleRightEnum)
  titleRight: TitleRight;

  @Field(() => String, { description: 'A day, YYYY-MM-DD.' })
  issuedOn: string;

  @Field(() => String, { nullable: true })
  expiresOn?: string | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 of the document that proves it.' })
  fileSha256?: string | null;

  @Field(() => String, { nullable: true, description: 'Shown on the listing; needed for an objection and an end.' })
  note?: string | null;
}

export function toTitleType(row: TitleRow): TitleType {
  return { ...row, events: row.events.map(toTitleRecordType) };
}

function toTitleRecordType(row: TitleRecordRow): TitleRecordType {
  const { id, event, titleRight, issuedOn, expiresOn, fileSha256, note, recordedAt } = row;
  return { id, event, titleRight, issuedOn, expiresOn, fileSha256, note, recordedAt };
}
