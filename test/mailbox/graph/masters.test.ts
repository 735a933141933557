import { expect, onTestFinished, test } from 'vitest'
import { openMailbox } from '#mailbox'
import type { CalendarEvent } from '#sandbox'
import { systemClock } from '#time'
import { startHttpProxy } from '../../support/httpProxy.ts'
import { event } from '../conformance/items/samples.ts'
import { ItemCopy, mainFolder, QUIET } from '../conformance/items/use.ts'
import { startGround } from './support/bench.ts'

test('B-44, AP-70: a master of which only an occurrence was told, and which answers 404, is not said to be removed', async () => {
  const { sandbox, settings, user } = await startGround()
  const proxy = await startHttpProxy(Number(new URL(sandbox.url).port))
  onTestFinished(() => proxy.close())
  onTestFinished(() => sandbox.close())
  const graphUrl = `http://127.0.0.1:${proxy.port}`
  // Its links go by the proxy too.
  const here = (body: string) => body.replaceAll(sandbox.url, graphUrl)
  proxy.meddle({ change: (answer) => ({ ...answer, body: here(answer.body) }) })
  const mailbox = await openMailbox({ ...settings, graphUrl }, { clock: systemClock })
  onTestFinished(() => mailbox.close())
  const items = mailbox.items as NonNullable<typeof mailbox.items>
  const { id } = await mainFolder(items, 'event')
  const start = new Date(systemClock.now().getTime() + 7 * 86_400_000).toISOString().slice(0, 10)
  const time = { allDay: false, start: `${start}T10:00:00`, end: `${start}T11:00:00`, zone: 'Europe/Berlin' }
  const recurrence = { frequency: 'daily', interval: 1, end: { count: 5 } } as const
  const made = await items.create(
    id,
    event('Series', { time }, { recurrence, cancelled: [], exceptions: [] }),
    'series',
    QUIET,
  )
  const copy = new ItemCopy(items, id)
  await copy.follow()

  const [stored] = user.mailbox.items(user.mailbox.wellKnown('calendar').id)
  user.mailbox.update<CalendarEvent>(stored?.id ?? '', { importance: 'high' })
  const end = sandbox.faults.inject({
    fault: { kind: 'error', status: 404, code: 'ErrorItemNotFound' },
    operation: 'GET /events/{id}',
    times: Infinity,
  })
  let left = 0
  proxy.meddle({
    change(answer) {
      const body = JSON.parse(here(answer.body) || '{}') as { value?: { id?: string; type?: string }[] }
      const told = body.value?.filter(({ type }) => type !== 'seriesMaster')
      left += (body.value?.length ?? 0) - (told?.length ?? 0)
      return { ...answer, body: JSON.stringify({ ...body, ...(told && { value: told }) }) }
    },
  })
  const { upserts, removals } = await copy.follow()
  expect(left).toBe(1)
  expect(end()).toBeGreaterThan(0)
  expect(removals).toEqual([])
  expect(upserts).toEqual([made.id])
})
