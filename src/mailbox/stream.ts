import { Readable } from 'node:stream'

/** Messages up to this size come as bytes, larger ones as streams. */
export const STREAM_FROM = 1024 * 1024
const PIECE = 64 * 1024

/** Bytes as a connector hands them out: as they are when small, else in pieces. */
export function streamed(source: Uint8Array): Uint8Array | Readable {
  return source.length < STREAM_FROM ? source : Readable.from(pieces(source), { objectMode: false })
}

function* pieces(source: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < source.length; at += PIECE) yield source.subarray(at, at + PIECE)
}
