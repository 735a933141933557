import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SandboxJob, SandboxPlace, Traffic } from '../children/sandbox.ts'

/** An Exchange in a process of its own, so that its work is not taken for ours. */
export interface BenchSandbox {
  place: SandboxPlace
  pid: number
  traffic(): Promise<Traffic>
  /** A mail arrives; resolves when it lies in the Inbox. */
  deliver(mail: { from: string; to: string; mime: string }): Promise<void>
  stop(): Promise<void>
}

export async function startBenchSandbox(job: SandboxJob): Promise<BenchSandbox> {
  const file = fileURLToPath(new URL('../children/sandbox.ts', import.meta.url))
  const child = fork(file, [JSON.stringify(job)], { execArgv: ['--import', 'tsx'] })
  const told = async <Message>(): Promise<Message> => {
    const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown]
    if (typeof message === 'object' && message !== null) return message as Message
    throw new Error(`The sandbox ended with code ${String(message)}.`)
  }
  const place = await told<SandboxPlace>()
  return {
    place,
    pid: child.pid ?? 0,
    traffic() {
      const answer = told<Traffic>()
      child.send('traffic')
      return answer
    },
    async deliver({ from, to, mime }) {
      const body = JSON.stringify({ from, to: [to], mime })
      const answer = await fetch(`${place.url}/control/mail`, { method: 'POST', body })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`The sandbox did not take a mail: ${text}`)
    },
    async stop() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
