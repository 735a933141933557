/** The class id that every global object id begins with ([MS-OXOCAL] 2.2.1.27). */
const CLASS = Buffer.from('040000008200E00074C5B7101A82E008', 'hex')
const FOREIGN = Buffer.from('vCal-Uid\x01\0\0\0', 'latin1')

/** PidLidGlobalObjectId of an iCalendar UID, in base64: that of Outlook as it is, a foreign one wrapped. */
export function globalObjectId(uid: string): string {
  if (/^040000008200E00074C5B7101A82E008[0-9A-F]+$/i.test(uid)) return Buffer.from(uid, 'hex').toString('base64')
  const data = Buffer.concat([FOREIGN, Buffer.from(uid, 'utf8'), Buffer.alloc(1)])
  const size = Buffer.alloc(4)
  size.writeUInt32LE(data.length)
  return Buffer.concat([CLASS, Buffer.alloc(20), size, data]).toString('base64')
}
