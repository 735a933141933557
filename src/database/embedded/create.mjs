import { openCluster } from './durable.mjs'

/** Makes a cluster in the directory given as argument. A process of its own, because initdb's memory (0.8 GB) is never given back. */
const { postgres } = await openCluster(/** @type {string} */ (process.argv[2]))
await postgres.close()
