export { finishInstrumentRuns } from './finish-instrument-runs.ts';
export { instrumentRun } from './instrument-run.ts';
