import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { unlessMissing } from '../files.ts'
import { isInbox, useOf } from '../folderUse.ts'
import type { Folder } from '../port.ts'

/** A folder that is a file. Its id is its path below the root. */
export interface MboxFile {
  folder: Folder
  file: string
}

const DEPTH_AT_MOST = 16
const FILES_AT_MOST = 10_000

/**
 * The mbox files at `root`: the file itself as the inbox, or every `*.mbox` below the directory, with directories
 * (`Customers/` or `Customers.sbd/`) as the folders above. Links and hidden files are left out.
 */
export async function mboxFiles(root: string): Promise<MboxFile[]> {
  const found = (await stat(root)).isFile()
    ? [{ id: basename(root), path: ['INBOX'], file: root }]
    : await below(root, '', [])
  const result: MboxFile[] = []
  for (const { id, path, file } of found.sort((a, b) => a.path.length - b.path.length)) {
    const fingerprint = await fingerprintOf(file)
    if (fingerprint === undefined) continue
    const use = useOf(path)
    result.push({ file, folder: { id, path, ...(use && { use }), fingerprint } })
  }
  return result
}

/** Survives renaming, and is another one for a file made anew. */
export async function fingerprintOf(file: string): Promise<string | undefined> {
  const found = await unlessMissing(stat(file, { bigint: true }))
  return found && `${found.ino.toString(36)}-${found.birthtimeNs.toString(36)}`
}

async function below(
  root: string,
  place: string,
  path: readonly string[],
): Promise<{ id: string; path: string[]; file: string }[]> {
  const result = []
  const entries = await readdir(join(root, place), { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || result.length >= FILES_AT_MOST) continue
    const id = place === '' ? entry.name : `${place}/${entry.name}`
    if (entry.isDirectory() && path.length < DEPTH_AT_MOST) {
      result.push(...(await below(root, id, [...path, entry.name.replace(/\.sbd$/i, '')])))
    }
    if (!entry.isFile() || !/.\.mbox$/i.test(entry.name)) continue
    const own = [...path, entry.name.slice(0, -'.mbox'.length)]
    result.push({ id, path: isInbox(own) ? ['INBOX'] : own, file: join(root, id) })
  }
  return result
}
