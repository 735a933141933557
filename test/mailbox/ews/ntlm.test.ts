import { describe, expect, test } from 'vitest'
import { readChallenge } from '../../../src/mailbox/ews/ntlm/challenge.ts'
import { authenticateMessage, md4, NEGOTIATE, passwordKey } from '../../../src/mailbox/ews/ntlm/index.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(/\s+/g, ''), 'hex')
const account = { user: 'User', domain: 'Domain', password: 'Password' }

/** MS-NLMP 4.2.4.3. */
const challenge = hex(`
  4e544c4d53535000 02000000 0c000c00 38000000 33828ae2 0123456789abcdef 0000000000000000 2400240044000000
  060070170000000f 530065007200760065007200 02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000`)

describe('NTLM', () => {
  test('MB-7: MD4 gives the digests of RFC 1320', () => {
    const digests = ['', 'a', 'abc', 'message digest', 'abcdefghijklmnopqrstuvwxyz', '1234567890'.repeat(8)].map(
      (text) => md4(Buffer.from(text)).toString('hex'),
    )
    expect(digests).toEqual([
      '31d6cfe0d16ae931b73c59d7e0c089c0',
      'bde52cb31de33e46245e05fbdbd6fb24',
      'a448017aaf21d8525fc10ae87aa6729d',
      'd9130a8164549fe818874806e1c7014b',
      'd79e1c308aa5bbcdeea8ed63df412da9',
      'e33b4ddc9c38f2199c3e7b164fcc0536',
    ])
  })

  test('MB-7: NTOWFv1 and NTOWFv2 are those of MS-NLMP 4.2.2.1.2 and 4.2.4.1.1', () => {
    expect(md4(Buffer.from('Password', 'utf16le')).toString('hex')).toBe('a4f49c406510bdcab6824ee7c30fd852')
    expect(passwordKey(account).toString('hex')).toBe('0c868a403bfd7a93a3001ef22ef02e3f')
  })

  test('MB-7: the challenge of MS-NLMP 4.2.4.3 is read', () => {
    expect(readChallenge(challenge)).toEqual({
      flags: 0xe28a8233,
      serverChallenge: hex('0123456789abcdef'),
      pairs: [
        { id: 2, value: Buffer.from('Domain', 'utf16le') },
        { id: 1, value: Buffer.from('Server', 'utf16le') },
      ],
    })
  })

  // The vectors of the specification with a client time, a checksum and bindings, as Chromium extends them.
  test('MB-7: the answer, with proof and checksum, is the published one, byte by byte', () => {
    const bindings = Buffer.concat([
      Buffer.from('tls-server-end-point:'),
      hex('ea05fefecc6b0bd571dbbc5baa3ed45386d0446835f7b74c85621b9983475f95'),
    ])
    const message = authenticateMessage({
      ...account,
      negotiate: NEGOTIATE,
      challenge,
      clientChallenge: hex('aaaaaaaaaaaaaaaa'),
      now: new Date('2017-05-23T20:13:07Z'),
      targetName: 'HTTP/Server',
      workstation: 'COMPUTER',
      channelBindings: bindings,
    })
    expect(message?.toString('hex')).toBe(
      hex(`
      4e544c4d53535000 03000000 1800180058000000 8a008a0070000000 0c000c00fa000000 0800080006010000 100010000e010000
      0000000058000000 03820800 0000000000000000 f7361633f0ad9bdf4a7c421bc6b824a3
      000000000000000000000000000000000000000000000000
      8c0260dbef690662af9c42d50782d2ed 0101000000000000 800bc8fd00d4d201 aaaaaaaaaaaaaaaa 00000000
      02000c0044006f006d00610069006e00 01000c00530065007200760065007200 0600040002000000
      0a0010006586e99d81c2fc984e47172fd4dd0310 0900160048005400540050002f00530065007200760065007200 00000000 00000000
      44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200`).toString('hex'),
    )
  })

  test('MB-7: the time the server tells is used', () => {
    const stamped = Buffer.concat([challenge.subarray(0, -4), hex('07000800 0102030405060708 00000000')])
    stamped.writeUInt16LE(0x30, 40)
    const message = authenticateMessage({
      ...account,
      negotiate: NEGOTIATE,
      challenge: stamped,
      clientChallenge: hex('aaaaaaaaaaaaaaaa'),
      now: new Date(0),
      targetName: 'HTTP/Server',
    }) as Buffer
    expect(message.subarray(88 + 24 + 16 + 8, 88 + 24 + 16 + 16).toString('hex')).toBe('0102030405060708')
  })

  test('MB-7: what is no challenge, or knows no NTLMv2, is not answered', () => {
    const rest = {
      ...account,
      negotiate: NEGOTIATE,
      clientChallenge: Buffer.alloc(8),
      now: new Date(0),
      targetName: '',
    }
    for (const bytes of [Buffer.alloc(0), Buffer.from('NTLMSSP\0'), Buffer.alloc(100), challenge.subarray(0, 31)]) {
      expect(authenticateMessage({ ...rest, challenge: bytes })).toBeUndefined()
    }
    const old = Buffer.from(challenge)
    old.writeUInt32LE(0x8207, 20)
    expect(authenticateMessage({ ...rest, challenge: old })).toBeUndefined()
    const short = Buffer.from(challenge)
    short.writeUInt16LE(0xffff, 40)
    expect(authenticateMessage({ ...rest, challenge: short })).toBeInstanceOf(Buffer)
  })
})
