import type { Figure } from './part.ts'

export interface Measured {
  part: string
  figures: Figure[]
  seconds: number
}

const HEAD = ['Part', 'Measured', 'Result', 'Target', '']

/** A table for people: figure, target and verdict, and below each what bounds it. */
export function toTable(measured: readonly Measured[]): string {
  const rows = measured.flatMap(({ part, figures }) =>
    figures.map((figure) => ({
      figure,
      cells: [part, figure.what, figure.measured, figure.target ?? '–', verdict(figure)],
    })),
  )
  const widths = HEAD.map((head, index) =>
    Math.max(head.length, ...rows.map(({ cells }) => (cells[index] ?? '').length)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  const lines = rows.flatMap(({ figure, cells }) => [line(cells), `    ${figure.bound}`])
  const seconds = measured.map(({ part, seconds }) => `${part} ${Math.round(seconds)} s`).join(', ')
  return [line(HEAD), widths.map((width) => '─'.repeat(width)).join('  '), ...lines, '', `Took: ${seconds}.`].join('\n')
}

function verdict({ met }: Figure): string {
  if (met === undefined) return ''
  return met ? 'met' : 'MISSED'
}

export function toJson(measured: readonly Measured[], quick: boolean) {
  return {
    quick,
    parts: Object.fromEntries(measured.map(({ part, figures, seconds }) => [part, { seconds, figures }])),
  }
}
