import type { Context, MailboxContext } from './context.ts'
import type { GraphAnswer } from './request.ts'

type Handler<C> = (context: C) => GraphAnswer | Promise<GraphAnswer>

interface Route<C> {
  method: string
  segments: readonly string[]
  /** `GET /mailFolders/{id}/messages`: how faults name it. */
  operation: string
  handle: Handler<C>
}

export type MailboxRoutes = Readonly<Record<string, Handler<MailboxContext>>>
export type PlainRoutes = Readonly<Record<string, Handler<Context>>>

export interface Match<C> {
  route: Route<C>
  params: Record<string, string>
}

/** Finds the handler of a path. Routes are written `GET mailFolders/{folder}/messages`; fixed words win over ids. */
export class Router<C> {
  readonly #routes: Route<C>[]

  constructor(routes: Readonly<Record<string, Handler<C>>>) {
    this.#routes = Object.entries(routes).map(([written, handle]) => {
      const [method = '', path = ''] = written.split(' ')
      const operation = `${method} /${path.replaceAll(/\{\w+\}/g, '{id}')}`
      return { method, segments: path ? path.split('/') : [], operation, handle }
    })
  }

  /** @returns `wrongMethod` when the path is known for other methods only */
  find(method: string, path: readonly string[]): Match<C> | 'wrongMethod' | undefined {
    const fitting = this.#routes.filter((route) => fits(route.segments, path)).sort((a, b) => fixed(b) - fixed(a))
    const route = fitting.find((each) => each.method === method)
    if (!route) return fitting.length ? 'wrongMethod' : undefined
    const params = route.segments.flatMap((segment, index) =>
      segment.startsWith('{') ? [[segment.slice(1, -1), path[index] as string] as const] : [],
    )
    return { route, params: Object.fromEntries(params) }
  }
}

function fits(segments: readonly string[], path: readonly string[]): boolean {
  return (
    segments.length === path.length &&
    segments.every((segment, at) => segment.startsWith('{') || segment.toLowerCase() === path[at]?.toLowerCase())
  )
}

function fixed({ segments }: { segments: readonly string[] }): number {
  return segments.filter((segment) => !segment.startsWith('{')).length
}
