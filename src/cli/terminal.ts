import type { Output } from './command.ts'

interface Stream {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

/** Results to standard output; progress and remarks to standard error, so that a pipe carries only the result. */
export function terminalOutput(json: boolean, out: Stream, err: Stream): Output & { finish(): void } {
  let drawn = false
  const erase = () => {
    if (drawn) err.write('\r\u001b[2K')
    drawn = false
  }
  return {
    result(text, data) {
      erase()
      out.write(json ? `${JSON.stringify(data)}\n` : text.endsWith('\n') ? text : `${text}\n`)
    },
    say(line) {
      if (json) return
      erase()
      err.write(`${line}\n`)
    },
    progress(label, done, total) {
      if (json || !err.isTTY) return
      err.write(`\r\u001b[2K${bar(label, done, total, err.columns ?? 80)}`)
      drawn = true
    },
    finish: erase,
  }
}

/** `label  ███████░░░░░  120 of 400`. */
function bar(label: string, done: number, total: number, columns: number): string {
  const count = total > 0 ? `${done} of ${total}` : String(done)
  const width = Math.max(10, Math.min(40, columns - label.length - count.length - 6))
  const full = total > 0 ? Math.round((width * Math.min(done, total)) / total) : 0
  const drawing = total > 0 ? `${'█'.repeat(full)}${'░'.repeat(width - full)}  ` : ''
  return `${label}  ${drawing}${count}`.slice(0, columns)
}

/** Aligned columns with a heading; numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => String(row[column] ?? '').length)),
  )
  const line = (cells: readonly (string | number)[]) =>
    cells
      .map((cell, column) =>
        typeof cell === 'number'
          ? String(cell).padStart(widths[column] as number)
          : cell.padEnd(widths[column] as number),
      )
      .join('  ')
      .trimEnd()
  return [line(headings), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}
