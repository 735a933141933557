/** A finished piece of XML. */
export interface Markup {
  text: string
}

/** An element with its attributes and children. Nothing of users comes here: declarations only. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly Markup[] = [],
): Markup {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`)
  const open = `<${name}${written.join('')}`
  return { text: children.length > 0 ? `${open}>${children.map(({ text }) => text).join('')}</${name}>` : `${open}/>` }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (found) => `&#${found.charCodeAt(0)};`)
}
