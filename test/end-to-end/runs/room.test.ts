import { runRoom } from '../../helpers/room.js'

await runRoom(import.meta.url, { everydayOnly: ['resume-runs.test.ts', 'restarts.test.ts'] })
