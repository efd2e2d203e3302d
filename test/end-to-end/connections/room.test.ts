import { runRoom } from '../../helpers/room.js'

await runRoom(import.meta.url, { everydayOnly: ['secrets.test.ts', 'expired-login.test.ts'] })
