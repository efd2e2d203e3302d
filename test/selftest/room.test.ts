import { runRoom } from '../helpers/room.js'

await runRoom(import.meta.url, { everydayOnly: ['leftovers.test.ts', 'selftest.test.ts'] })
