/** The class id that every global object id begins with (MS-OXOCAL 2.2.1.27). */
const CLASS = '040000008200E00074C5B7101A82E008'
const FOREIGN = Buffer.from('vCal-Uid\x01\0\0\0', 'latin1')

/** PidLidCleanGlobalObjectId of a UID of iCalendar, in base64: Outlook's own as it is, any other one wrapped. */
export function globalObjectId(uid: string): string {
  if (uid.toUpperCase().startsWith(CLASS) && /^(?:[0-9a-f]{2}){40,}$/i.test(uid)) {
    const id = Buffer.from(uid, 'hex')
    id.fill(0, 16, 20) // The day of an occurrence that stands alone.
    return id.toString('base64')
  }
  const data = Buffer.concat([FOREIGN, Buffer.from(uid, 'utf8'), Buffer.alloc(1)])
  const size = Buffer.alloc(4)
  size.writeUInt32LE(data.length)
  return Buffer.concat([Buffer.from(CLASS, 'hex'), Buffer.alloc(20), size, data]).toString('base64')
}
