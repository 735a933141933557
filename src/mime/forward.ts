/**
 * T-44: whether a subject begins with the forward prefix of a mail program in one of its languages. Tags that gateways
 * put before it (`[EXTERNAL] FW: …`) and counters (`FW[2]:`) do not hide it. `VS:` is left out on purpose: it forwards in
 * Danish and Norwegian but answers in Finnish, and a wrongly cut thread is worse than a forward that correlates.
 */
export function isForward(subject: string): boolean {
  return FORWARD.test(subject.normalize('NFC'))
}

const PREFIXES = [
  'FW',
  'FWD',
  'WG', // German
  'TR', // French
  'RV', // Spanish
  'ENC', // Portuguese
  'I', // Italian
  'DOORST', // Dutch
  'VB', // Swedish
  'VL', // Finnish
  'FS', // Icelandic
  'PD', // Polish
  'TOVÁBBÍTÁS', // Hungarian
  'ΠΡΘ', // Greek
  'İLT', // Turkish
  'TRS', // Indonesian
  'YML', // Welsh
  'ПЕРЕСЛ', // Russian
  '转发',
  '轉寄',
  '轉發',
  '転送',
  '전달',
  'הועבר',
  'إعادة توجيه',
]

const FORWARD = new RegExp(
  String.raw`^\s*(?:\[[^\]]{0,60}\]\s*)*(?:${PREFIXES.join('|')})\s*(?:\[\d+\]|\(\d+\))?\s*[:：]`,
  'iu',
)
