import type { NewAttachment } from '#mime'

const DATA_PICTURE = /(<img\b[^>]*\bsrc=")data:image\/(png|jpe?g|gif|webp|bmp);base64,([a-z0-9+/=\s]*)(")/gi

/**
 * Pictures that are written within the HTML as parts of their own, which mail programs show. The HTML has passed the
 * sanitizer, so that attributes stand in double quotes.
 * @param key makes the content ids of this email differ from those of others
 */
export function inlinePictures(html: string, key: string): { html: string; pictures: NewAttachment[] } {
  const pictures: NewAttachment[] = []
  const shown = html.replaceAll(DATA_PICTURE, (_, before: string, kind: string, base64: string, after: string) => {
    const number = pictures.length + 1
    const contentId = `picture-${number}.${key}`
    const type = kind.toLowerCase().replace('jpg', 'jpeg')
    pictures.push({
      fileName: `picture-${number}.${type}`,
      contentType: `image/${type}`,
      content: Buffer.from(base64, 'base64'),
      contentId,
    })
    return `${before}cid:${contentId}${after}`
  })
  return { html: shown, pictures }
}
