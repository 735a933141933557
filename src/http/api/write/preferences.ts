import type { Headers } from './conditions.ts'

/** Whether the row as written is to be sent back (RFC 7240 §4.2). */
export function wantsRow(headers: Headers): boolean {
  return preferred(headers, /^return\s*=\s*"?representation"?$/i)
}

/** OData v4 protocol §8.2.8.3. */
export function continuesOnError(headers: Headers): boolean {
  return preferred(headers, /^(odata\.)?continue-on-error(\s*=\s*"?true"?)?$/i)
}

function preferred({ prefer }: Headers, wanted: RegExp): boolean {
  const text = [prefer ?? ''].flat().join(',').slice(0, 1000)
  return text.split(/[,;]/).some((each) => wanted.test(each.trim()))
}

/** Only those who say so have duplicates looked for, as in Dataverse. */
export function suppressesDuplicates(headers: Headers): boolean {
  return (
    String(headers['mscrm.suppressduplicatedetection'] ?? 'true')
      .trim()
      .toLowerCase() !== 'false'
  )
}
