import type { Sandbox } from '#sandbox'

/** Requests that came to Graph, counted as the network sees them: a batch is one. */
export function countRequests(sandbox: Sandbox): { readonly count: number; reset(): string[] } {
  const seen: string[] = []
  const answer = sandbox.graph.answer.bind(sandbox.graph)
  sandbox.graph.answer = (request, response, path, query) => {
    seen.push(`${request.method} ${path}`)
    return answer(request, response, path, query)
  }
  return {
    get count() {
      return seen.length
    },
    reset: () => seen.splice(0),
  }
}
