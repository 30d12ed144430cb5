export { cacheFolder, cachePath, dropCached, findCached, noteCached } from './cache-folder.ts';
export { fetchContent } from './fetch-content.ts';
export { hashObject } from './judge-object.ts';
export { runUpload } from './run-upload.ts';
export { settleUpload, type Settled } from './settle-upload.ts';
export { begunSaves, endSave, saveToStore, type StoreSave } from './save-to-store.ts';
export { uploadCopy } from './upload-copy.ts';
