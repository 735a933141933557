/**
 * The form under which two texts are the same to a person: compatibility-composed (NFKC), lower-case, runs of white
 * space as one blank, trimmed. Accents stay, because `resume` is not `résumé`. Idempotent.
 */
export function fold(text: string): string {
  const plain = NOT_ASCII.test(text) ? text.normalize('NFKC').toLowerCase().normalize('NFKC') : text.toLowerCase()
  return plain.replaceAll(/\s+/g, ' ').trim()
}

const NOT_ASCII = /[^\p{ASCII}]/u
