import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { parseMessage } from '#mime'

test('T-91: a large attachment goes through a file and comes back whole', async () => {
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251))
  const base64 = bytes.toString('base64').replaceAll(/.{76}/g, '$&\r\n')
  const source = Buffer.from(
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}\r\n--b--\r\n`,
  )
  for (const memoryLimit of [0, 1_000_000, 10_000_000]) {
    const message = await parseMessage(Readable.from([source.subarray(0, 70_001), source.subarray(70_001)]), {
      memoryLimit,
    })
    const [attachment] = message.attachments
    expect(attachment).toMatchObject({ fileName: 'a.pdf', size: bytes.length })
    expect(Buffer.from((await attachment?.content.bytes()) ?? []).equals(bytes)).toBe(true)
    const streamed = await (attachment as NonNullable<typeof attachment>).content.stream().toArray()
    expect(Buffer.concat(streamed).equals(bytes)).toBe(true)
    expect(message.text).toBe('Hello')
    await message.close()
  }
})
