import type { Asked, Reply } from './server.ts'

const ENVELOPE =
  '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">'
const VERSION = '<s:Header><t:ServerVersionInfo MajorVersion="15" MinorVersion="1" Version="V2017_07_11"/></s:Header>'

/** An answer of Exchange with these response messages. */
export function answer(operation: string, ...messages: string[]): string {
  const inner = messages
    .map((content) =>
      content.startsWith('<m:ResponseCode>Error') || content.startsWith('<m:MessageText>')
        ? `<m:${operation}ResponseMessage ResponseClass="Error">${content}</m:${operation}ResponseMessage>`
        : `<m:${operation}ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>${content}</m:${operation}ResponseMessage>`,
    )
    .join('')
  return `<?xml version="1.0" encoding="utf-8"?>${ENVELOPE}${VERSION}<s:Body><m:${operation}Response><m:ResponseMessages>${inner}</m:ResponseMessages></m:${operation}Response></s:Body></s:Envelope>`
}

/** A failure of the whole request. */
export function fault(code: string, xml = ''): Reply {
  const detail = `<detail><e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">${code}</e:ResponseCode><e:Message xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">It is so.</e:Message>${xml}</detail>`
  const body = `${ENVELOPE}<s:Body><s:Fault><faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">a:${code}</faultcode><faultstring>It is so.</faultstring>${detail}</s:Fault></s:Body></s:Envelope>`
  return { status: 500, body }
}

export const backOff = (milliseconds: number) =>
  `<t:MessageXml xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><t:Value Name="BackOffMilliseconds">${milliseconds}</t:Value></t:MessageXml>`

export const failed = (code: string) =>
  `<m:MessageText>It is so.</m:MessageText><m:ResponseCode>${code}</m:ResponseCode>`

/** What a mailbox without anything in it answers to be opened and listed. */
export function emptyMailbox({ operation }: Asked): string {
  if (operation === 'GetFolder') {
    const folders = ['inbox', 'sent', 'drafts', 'junk', 'trash', 'outbox'].map(
      (id) => `<m:Folders><t:Folder><t:FolderId Id="${id}" ChangeKey="A"/></t:Folder></m:Folders>`,
    )
    return answer('GetFolder', ...folders)
  }
  if (operation === 'SyncFolderHierarchy') {
    const inbox =
      '<t:Create><t:Folder><t:FolderId Id="inbox"/><t:ParentFolderId Id="root"/><t:FolderClass>IPF.Note</t:FolderClass><t:DisplayName>Posteingang</t:DisplayName></t:Folder></t:Create>'
    return answer(
      operation,
      `<m:SyncState>H</m:SyncState><m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange><m:Changes>${inbox}</m:Changes>`,
    )
  }
  return answer(operation, '')
}
