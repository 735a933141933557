import { createHash } from 'node:crypto'
import type { Json } from '../rows.ts'

/** One definition: its own properties, and what else can be read along navigation properties. */
export interface Thing {
  /** Without the namespace, e.g. `StringAttributeMetadata`. */
  type: string
  own: Json & { MetadataId: string }
  along: Readonly<Record<string, () => Thing | readonly Thing[] | null>>
}

/** The same for the same names in every installation and at every start (RFC 9562, version 8). */
export function metadataId(...names: readonly string[]): string {
  const hash = createHash('sha256').update(names.join('/')).digest('hex')
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 3) | 8).toString(16)
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

/** English is the one language of labels. */
const ENGLISH = 1033

export function label(text: string | undefined, ...names: readonly string[]): Json {
  if (text === undefined) return { LocalizedLabels: [], UserLocalizedLabel: null }
  const localized = {
    Label: text,
    LanguageCode: ENGLISH,
    IsManaged: true,
    MetadataId: metadataId('label', ...names),
    HasChanged: null,
  }
  return { LocalizedLabels: [localized], UserLocalizedLabel: localized }
}

/** A property that a customizer of Dataverse could have changed; here declarations decide. */
export function managed(Value: unknown, ManagedPropertyLogicalName: string): Json {
  return { Value, CanBeChanged: false, ManagedPropertyLogicalName }
}
