/* Seeds of loads whose batches a transform changes on the server before they are written. The transform drops rows, changes symbols, or
   throws. A model in this file gives the effect of the transform on each row. */
import { Chance } from './random.js'
import type { Draw, InputRow, LoaderPlan, Scenario, TargetKind } from './scenario.js'

/** From this seed on, loads have a transform. */
export const firstTransformedSeed = 14_000_000_000
/** From this seed on, loads with a transform also have events around runs. */
export const firstTransformedAroundSeed = 15_000_000_000

/** A transform, and its effect on single rows. */
export interface SimTransform {
  readonly text: string
  /** Whether the transform keeps the row, if the server does not refuse its batch. */
  readonly keeps: (row: InputRow) => boolean
  /** The symbol that the server writes for the row. */
  readonly symbolOf: (row: InputRow) => string
}

const whole: Omit<SimTransform, 'text'> = { keeps: () => true, symbolOf: ({ sym }) => sym }

function drawTransform(chance: Chance): SimTransform {
  const step = chance.between(2, 5)
  const isKept = ({ id }: InputRow): boolean => id % step !== 0
  const by = `select * from t where id % ${step} != 0`
  switch (chance.between(0, 6)) {
    case 0:
      return { ...whole, text: `def(t){ return ${by} }`, keeps: isKept }
    case 1:
      return {
        ...whole,
        text: `(def(k, t){ return select * from t where id % k != 0 }){${step}} // of all`,
        keeps: isKept,
      }
    case 2:
      return {
        ...whole,
        text: 'def(t){ return select * from t where sym = "A" }',
        keeps: ({ sym }) => sym === 'A',
      }
    case 3:
      return {
        text: `def(mutable t)\n{ update t set sym = "B" where id % ${step} == 0\nreturn t }`,
        keeps: () => true,
        symbolOf: row => (isKept(row) ? row.sym : 'B'),
      }
    case 4:
      return {
        text: `def(mutable t){ replaceColumn!(t, "sym", take("A", t.rows())); return ${by} }`,
        keeps: isKept,
        symbolOf: () => 'A',
      }
    case 5:
      return {
        ...whole,
        text: 'def(t){ if((exec count(*) from t where id % 23 == 0) > 0) { throw "not of this one" }\nreturn t }',
      }
    default:
      return { ...whole, text: 'def(t){ return select * from t where id < 0 }', keeps: () => false }
  }
}

export function drawTransformed(seed: number, kinds: readonly TargetKind[], draw: Draw): Scenario {
  const chance = new Chance(seed ^ 0x6a09e667)
  const base = draw(
    seed,
    kinds.filter(({ target }) => target.table !== undefined),
  )
  const transform = drawTransform(chance)
  const kind = { ...base.kind, target: { ...base.kind.target, transform: transform.text } }
  return { ...base, seed, kind, transform, loaders: base.loaders.map(known) }
}

/** Uses receipts, because only receipts and answers report how many rows the transform kept. */
function known(plan: LoaderPlan): LoaderPlan {
  return { ...plan, delivery: { ...plan.delivery, confirm: 'auto' } }
}

/** Rows of a run that must not be written. */
export function leftOut({ transform }: Pick<Scenario, 'transform'>, rows: readonly InputRow[]) {
  return transform === undefined ? [] : rows.filter(row => !transform.keeps(row))
}
