/** The codes by which clients made for Dataverse know a failure, where it has one of the same meaning. */
export const DATAVERSE_CODES: Readonly<Record<string, string>> = {
  NotFound: '0x80040217',
  ResourceNotFound: '0x8006088a',
  PrivilegeDenied: '0x80040220',
  ColumnSecured: '0x8004f508',
  DuplicateKey: '0x80040237',
  DuplicateRecordsFound: '0x80040333',
  RowExists: '0x80040237',
  VersionMismatch: '0x80060882',
  ColumnUnknown: '0x80048d19',
  JsonInvalid: '0x80048d19',
  ValueInvalid: '0x80048d19',
  ValueTooLong: '0x80044331',
  ValueRequired: '0x80040203',
  IsvAborted: '0x80040265',
  QueryInvalid: '0x80060888',
  TooManyRequests: '0x80072322',
}
