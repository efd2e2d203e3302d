import { runRoom } from '../helpers/room.js'

await runRoom(import.meta.url, { everydayOnly: ['loaded-tables.test.ts', 'results.test.ts'] })
