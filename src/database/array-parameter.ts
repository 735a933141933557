/** Object identifiers of PostgreSQL's types. */
const TEXT = 25
const BYTEA = 17
/** Dimensions, whether nulls may occur, type, length, lower bound: four bytes each. */
const HEAD = 20
const NULL = -1
/** Shorter texts are given room for three bytes per character; of longer ones the bytes are counted. */
const COUNTED = 256

/**
 * A `text[]` in PostgreSQL's binary form, which the server takes over without parsing: of all ways to hand it many
 * values the one that costs both sides least. Undefined and null are null.
 */
export function textArray(texts: readonly (string | undefined | null)[]): Buffer {
  const room = texts.reduce((sum, text) => sum + 4 + roomOf(text), HEAD)
  const buffer = head(room, TEXT, texts.length)
  let at = HEAD
  for (const text of texts) {
    const length = text === undefined || text === null ? NULL : buffer.write(text, at + 4)
    buffer.writeInt32BE(length, at)
    at += 4 + Math.max(0, length)
  }
  return buffer.subarray(0, at)
}

/** A `bytea[]`, likewise. */
export function bytesArray(values: readonly (Uint8Array | undefined | null)[]): Buffer {
  const buffer = head(
    values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), HEAD),
    BYTEA,
    values.length,
  )
  let at = HEAD
  for (const value of values) {
    buffer.writeInt32BE(value?.length ?? NULL, at)
    if (value) buffer.set(value, at + 4)
    at += 4 + (value?.length ?? 0)
  }
  return buffer
}

/** How many values a parameter of a statement holds, where it is an array; of others 1. */
export function valuesIn(parameter: unknown): number {
  if (Array.isArray(parameter)) return parameter.length
  return Buffer.isBuffer(parameter) && isArray(parameter) ? parameter.readInt32BE(12) : 1
}

const isArray = (bytes: Buffer): boolean =>
  bytes.length >= HEAD && bytes.readInt32BE(0) === 1 && [TEXT, BYTEA].includes(bytes.readInt32BE(8))

function roomOf(text: string | undefined | null): number {
  if (text === undefined || text === null) return 0
  return text.length < COUNTED ? text.length * 3 : Buffer.byteLength(text)
}

function head(size: number, type: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(size)
  for (const [index, value] of [1, 1, type, length, 1].entries()) buffer.writeInt32BE(value, index * 4)
  return buffer
}
