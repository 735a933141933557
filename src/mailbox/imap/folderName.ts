/** Decodes a mailbox name from modified UTF-7 (RFC 9051 appendix A.1); a name that is not valid is left as it is. */
export function decodeName(name: string): string {
  if (/[^ -~]/.test(name)) return decodeUtf8(name)
  let valid = true
  const decoded = name.replaceAll(/&([^-]*)(-|$)/g, (whole, encoded: string, end: string) => {
    if (encoded === '' && end) return '&'
    const bytes = Buffer.from(encoded.replaceAll(',', '/'), 'base64')
    if (!end || bytes.length === 0 || bytes.length % 2 !== 0 || !/^[A-Za-z0-9+,]*$/.test(encoded)) {
      valid = false
      return whole
    }
    return bytes.swap16().toString('utf16le')
  })
  return valid ? decoded : name
}

/** Encodes a mailbox name in modified UTF-7. */
export function encodeName(name: string): string {
  return name.replaceAll('&', '&-').replaceAll(/[^\x20-\x7e]+/g, (run) => {
    const base64 = Buffer.from(run, 'utf16le').swap16().toString('base64')
    return `&${base64.replace(/=+$/, '').replaceAll('/', ',')}-`
  })
}

/** Names in plain UTF-8 break the protocol, but exist; `name` holds their bytes one per character. */
function decodeUtf8(name: string): string {
  const text = Buffer.from(name, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? name : text
}
