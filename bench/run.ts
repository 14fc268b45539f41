/** `npm run bench`: each figure is a ratio to a partner that runs in the same process, alternating with it. */
