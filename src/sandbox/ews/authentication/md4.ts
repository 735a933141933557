/** MD4 of RFC 1320, which NTLM hashes passwords with and OpenSSL no longer offers. */
export function md4(input: Uint8Array): Buffer {
  const blocks = padded(input)
  const state: [number, number, number, number] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let at = 0; at < blocks.length; at += 64) {
    const words = Array.from({ length: 16 }, (_, index) => blocks.readUInt32LE(at + index * 4))
    let [a, b, c, d] = state
    for (const { mix, constant, order, shifts } of ROUNDS)
      for (const [step, index] of order.entries()) {
        const sum = (a + mix(b, c, d) + (words[index] as number) + constant) | 0
        const turned = rotate(sum, shifts[step % 4] as number)
        a = d
        d = c
        c = b
        b = turned
      }
    state[0] = (state[0] + a) >>> 0
    state[1] = (state[1] + b) >>> 0
    state[2] = (state[2] + c) >>> 0
    state[3] = (state[3] + d) >>> 0
  }
  const digest = Buffer.alloc(16)
  for (const [index, word] of state.entries()) digest.writeUInt32LE(word >>> 0, index * 4)
  return digest
}

interface Round {
  mix: (x: number, y: number, z: number) => number
  constant: number
  order: readonly number[]
  shifts: readonly number[]
}

const ROUNDS: readonly Round[] = [
  {
    mix: (x, y, z) => (x & y) | (~x & z),
    constant: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (x, y, z) => (x & y) | (x & z) | (y & z),
    constant: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (x, y, z) => x ^ y ^ z,
    constant: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
]

function padded(input: Uint8Array): Buffer {
  const length = (Math.floor((input.length + 8) / 64) + 1) * 64
  const blocks = Buffer.alloc(length)
  blocks.set(input)
  blocks[input.length] = 0x80
  blocks.writeBigUInt64LE(BigInt(input.length) * 8n, length - 8)
  return blocks
}

const rotate = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits))
