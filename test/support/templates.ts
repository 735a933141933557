import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Template directories outlive a run: each is named after what it was made from. */
export const TEMPLATES = join(tmpdir(), `regarding-templates-${process.getuid?.() ?? 0}`)
mkdirSync(TEMPLATES, { recursive: true })
