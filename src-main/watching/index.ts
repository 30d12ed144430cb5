export { inboxCounts } from './inbox.ts';
export { listInbox } from './list-inbox.ts';
export type { ReconcileContext } from './reconcile.ts';
export type { HintSource, ScanBatch, Scanner, ScanRequest, ScanTotals, WatchProblem } from './scanner.ts';
export { setWatchRule } from './set-watch-rule.ts';
export { startWatching, type Watching } from './start-watching.ts';
export { surveyFolder } from './survey-folder.ts';
export { foldersAtRest } from './watched-storages.ts';
export { watchOnce } from './watch-once.ts';
