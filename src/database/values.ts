import { types as builtIn, type CustomTypesConfig } from 'pg'

type Parse = (text: string) => unknown

/**
 * How column values become JavaScript values, the same for both engines: bigint and count() → number (BigInt where a
 * number would be inexact), numeric → number, timestamptz and timestamp (taken as UTC) → Date, date, time and interval
 * → their text, json → parsed, bytea → Buffer, uuid → lower-case text; arrays of these likewise.
 */
const parsers = new Map<number, Parse>([
  [20, wholeNumber],
  [1700, Number],
  [1082, same],
  [1114, timestamp],
  [1186, same],
  [1016, array(wholeNumber)],
  [1231, array(Number)],
  [1182, array(same)],
  [1115, array(timestamp)],
  [1187, array(same)],
])

const TEXT_ARRAY = 1009

export const valueTypes: CustomTypesConfig = {
  getTypeParser: parserOf,
}

function parserOf(oid: number): Parse {
  return parsers.get(oid) ?? (builtIn.getTypeParser(oid) as Parse)
}

function wholeNumber(text: string): number | bigint {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

function same(text: string): string {
  return text
}

function timestamp(text: string): unknown {
  return parserOf(1184)(text === 'infinity' || text === '-infinity' ? text : `${text}+00`)
}

function array(element: Parse): Parse {
  const convert = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(convert) : value === null ? null : element(value as string)
  return (text) => convert(parserOf(TEXT_ARRAY)(text))
}
