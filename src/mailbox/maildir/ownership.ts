import { chmod, chown, stat } from 'node:fs/promises'

/**
 * Gives what was made in a folder the folder's own rights, and its owner where this process may give that, so that the
 * mail server that serves the Maildir under another user can read it.
 */
export async function belongTo(folder: string, path: string): Promise<void> {
  const [parent, made] = await Promise.all([stat(folder), stat(path)])
  const rights = parent.mode & (made.isDirectory() ? 0o2777 : 0o666)
  if ((made.mode & 0o2777) !== rights) await chmod(path, rights)
  if (made.uid === parent.uid && made.gid === parent.gid) return
  if (process.getuid?.() === 0) await chown(path, parent.uid, parent.gid)
}
