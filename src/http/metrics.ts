import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Settlement } from '#schedule'
import type { Regarding } from '#sync'
import { type Figures, readFigures } from './figures.ts'

/** Labels are few and bounded: never a mailbox, a user or a path as typed. */
export interface Metrics {
  /** For the worker of this process: call it when a cycle ends. */
  cycleSettled(settlement: Settlement): void
  requestEnded(request: { method: string; route: string; status: number; seconds: number }): void
  /** The text of the exposition format, and its content type. */
  expose(): Promise<{ type: string; text: string }>
}

/** The figures of the database are asked for at most this often. */
const FRESH_MILLISECONDS = 5_000

export function createMetrics(regarding: Regarding): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'regarding_' })
  const requests = new Histogram({
    name: 'regarding_http_request_duration_seconds',
    help: 'Requests by method, route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  })
  const cycles = new Counter({
    name: 'regarding_cycles_total',
    help: 'Cycles that ended in this process, by workload and result',
    labelNames: ['workload', 'result'],
    registers: [registry],
  })
  const show = figureGauges(registry)
  let shown: { at: number; done: Promise<void> } | undefined
  const refresh = (): Promise<void> => {
    const at = regarding.clock.now().getTime()
    if (!shown || at - shown.at >= FRESH_MILLISECONDS || at < shown.at)
      shown = { at, done: readFigures(regarding).then(show) }
    return shown.done
  }
  return {
    cycleSettled: ({ lease, outcome }) =>
      cycles.inc({ workload: lease.workload, result: outcome.error ? 'failure' : 'success' }),
    requestEnded: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    async expose() {
      try {
        await refresh()
      } catch (error) {
        shown = undefined
        throw error
      }
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}

function figureGauges(registry: Registry): (figures: Figures) => void {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `regarding_${name}`, help, labelNames, registers: [registry] })
  const mailboxes = gauge('mailboxes', 'Mailboxes by kind and state of incoming email', ['kind', 'state'])
  const workloads = gauge('workloads', 'Scheduled workloads by state', ['workload', 'state'])
  const leases = gauge('leases', 'Cycles that run now', ['workload'])
  const lag = gauge('schedule_lag_seconds', 'How long the oldest due workload has been waiting', ['workload'])
  const messages = gauge('messages_last_hour', 'Messages decided in the last hour', ['direction', 'outcome', 'reason'])
  const waiting = gauge('track_requests_waiting', 'Acts of people that wait for the next cycle')
  const latency = gauge('database_latency_seconds', 'Time of the smallest possible query')
  return (figures) => {
    for (const each of [mailboxes, workloads, leases, lag, messages]) each.reset()
    for (const { kind, state, count } of figures.mailboxes) mailboxes.set({ kind, state }, count)
    for (const each of figures.schedule) {
      workloads.set({ workload: each.workload, state: 'enabled' }, each.enabled)
      workloads.set({ workload: each.workload, state: 'stopped' }, each.stopped)
      workloads.set({ workload: each.workload, state: 'failing' }, each.failing)
      leases.set({ workload: each.workload }, each.leased)
      lag.set({ workload: each.workload }, each.lag)
    }
    for (const { direction, outcome, reason, count } of figures.messages)
      messages.set({ direction, outcome, reason }, count)
    waiting.set(figures.waiting)
    latency.set(figures.latency)
  }
}
