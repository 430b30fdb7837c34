/** What a host remembers of the repositories that it works with, so that a store cannot go back unseen. */
export { recallRepository, type RecalledRepository, type RecallOptions } from './recall-repository.ts';
