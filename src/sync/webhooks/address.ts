import { type LookupAddress, lookup as resolve } from 'node:dns'
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net'

/** Which addresses a webhook may be sent to: those of the public internet, and networks that the installation allows. */
export interface Networks {
  /** The allowed networks among those that are not public. */
  readonly allowed: BlockList
}

/** What no webhook is sent to unless it is allowed: ourselves, private and shared networks, what routes back to them. */
const PRIVATE = blockList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
])

/** `10.1.0.0/16, ::1/128`. @throws Error naming the network that is not understood. */
export function networksOf(given: string | undefined): Networks {
  const listed = (given ?? '').split(',').map((each) => each.trim())
  return { allowed: blockList(listed.filter((each) => each !== '')) }
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const version = isIP(address)
    const length = bits === undefined ? (version === 4 ? 32 : 128) : Number(bits)
    if (version === 0 || !Number.isInteger(length) || length < 0 || length > (version === 4 ? 32 : 128))
      throw new Error(`“${network}” is no network; write it like 10.1.0.0/16 or fd00::/8.`)
    list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

function mayBeReached(address: string, { allowed }: Networks): boolean {
  const plain = MAPPED.exec(address)?.[1] ?? address
  // Hexadecimal forms of mapped addresses (::ffff:7f00:1) are nothing that a name server gives for a public host.
  if (!isIPv4(plain) && /^::ffff:/i.test(plain)) return false
  const family = isIPv4(plain) ? 'ipv4' : 'ipv6'
  return !PRIVATE.check(plain, family) || allowed.check(plain, family)
}

/** Why an address cannot be that of a webhook; undefined when it can. Names are looked up when something is sent. */
export function faultOf(given: string, networks: Networks): string | undefined {
  let url: URL
  try {
    url = new URL(given)
  } catch {
    return 'is no address; write it like https://example.com/hook'
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isLoopback = host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.')) || host === '::1'
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) return 'must begin with https://'
  if (url.username !== '' || url.password !== '') return 'must hold no user name or password: deliveries are signed'
  if (isIP(host) !== 0 && !mayBeReached(host, networks)) return refusal(host)
  return undefined
}

const refusal = (address: string) =>
  `leads to ${address}, which is no public address; the installation allows networks by REGARDING_WEBHOOK_NETWORKS`

/** The name led to nothing that may be reached. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
  readonly code = 'ADDRESS_REFUSED'
}

/**
 * Looks a name up for a connection, which is made to the very address that was checked here: a name that leads
 * elsewhere a moment later (DNS rebinding) is of no use to anybody.
 */
export function guardedLookup(networks: Networks): LookupFunction {
  return (hostname, options, callback) =>
    resolve(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      const answer: (error: Error | null, address: string | LookupAddress[], family?: number) => void = callback
      if (error) return answer(error, [])
      const open = found.filter(({ address }) => mayBeReached(address, networks))
      const [first] = open
      if (!first) return answer(new AddressRefused(`${hostname} ${refusal(found[0]?.address ?? 'nothing')}`), [])
      return options.all ? answer(null, open) : answer(null, first.address, first.family)
    })
}
