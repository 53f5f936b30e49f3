#include "disk.h"
#include "blk.h"
#include "check.h"
#include "clock.h"
#include "console.h"
#include "memory.h"
#include "pattern.h"
#include "virtio.h"

#define BLOCK 4096ul
#define SECTORS (BLOCK / BLK_SECTOR)
#define RUN BLK_SEGMENTS

enum content {
	UNKNOWN, /* never written, or discarded: the device may return anything */
	PATTERN,
	ZEROES,
	SEEN, /* read-only disk: what the first read returned, by its hash in `generation` */
};

/* What a block of the disk must hold. The generation grows even where it is not on the disk. */
struct block {
	uint32_t generation;
	uint8_t content;
	uint8_t users; /* jobs that are at it */
};

/*
 * A job takes a run of blocks through a plan: r read and verify, w write the next generation, z write zeroes,
 * d discard, f flush, W write with the barrier flag. What is written is verified before and after, so that no
 * overwriting hides a fault.
 */
struct job {
	const char *plan; /* what is still to do; NULL = idle */
	uint32_t first, count;
	uint32_t generations[RUN]; /* what the step in flight writes, or must find */
	uint32_t turn; /* its number in a round, from 1; 0 = it is no part of one */
	uint64_t since;
	bool overdue;
	uint64_t data[RUN][PATTERN_WORDS] __attribute__((aligned(4096)));
};

static struct job jobs[BLK_SLOTS];
static struct block *blocks;
static uint32_t count, cursor;
static uint64_t start_sector, tag, random;
static struct pace requests;
static uint64_t due;

/*
 * A round: the jobs of one queue that write, write with a barrier, read, and write with a barrier again the same blocks,
 * all in flight at once. The barriers alone put them in that order; the read shows whether they did, and so does the
 * order of the completions.
 */
static const char *const round_plans[] = { "w", "W", "r", "W" };
#define ROUND (sizeof round_plans / sizeof *round_plans)
static uint32_t turn; /* the last of a round that was completed; ROUND = there is no round */
static uint64_t rounds;

static bool has(uint64_t feature)
{
	return blk_features() & feature;
}

static uint32_t pick(uint32_t below)
{
	random = random * 6364136223846793005ul + 1442695040888963407ul;
	return (uint32_t)((random >> 32) * below >> 32);
}

uint64_t disk_start(uint64_t from, uint64_t to, uint64_t first, uint64_t sectors, uint64_t rate, uint64_t run)
{
	uint64_t capacity = blk_config()->capacity;
	start_sector = least(first, capacity);
	uint64_t wanted = least(sectors, capacity - start_sector) / SECTORS;
	count = (uint32_t)least(wanted, least((to - from) / 2 / sizeof *blocks, UINT32_MAX));
	blocks = (struct block *)from;
	memset(blocks, 0, count * sizeof *blocks);
	requests.rate = rate;
	random = tag = pattern_tag(DISK, run);
	turn = ROUND;
	print("DRILL disk start=%lu blocks=%lu capacity=%lu read-only=%s interface=%s queues=%lu\n", start_sector,
		count * SECTORS, capacity, has(BLK_F_RO) ? "yes" : "no", virtio_legacy() ? "legacy" : "modern",
		(uint64_t)blk_queues());
	return from + count * sizeof *blocks;
}

static uint32_t hash(const uint64_t *words)
{
	uint64_t value = 0;
	for (int i = 0; i < PATTERN_WORDS; i++)
		value = pattern_mix(value ^ words[i]);
	return (uint32_t)(value >> 32);
}

static void verify_zeroes(uint32_t index, const uint64_t *words)
{
	uint64_t any = 0;
	for (int i = 0; i < PATTERN_WORDS; i++)
		any |= words[i];
	if (!check(DISK, any == 0, "corrupt block=%lu is not zero", (uint64_t)index))
		blocks[index].content = UNKNOWN;
}

/* A block that failed is no longer known, so each fault is reported once; the next sweep writes it anew. */
static void verify(uint32_t index, uint32_t generation, const uint64_t *words)
{
	struct block *block = &blocks[index];
	if (block->content == PATTERN) {
		if (!pattern_check(DISK, words, tag, index, generation))
			block->content = UNKNOWN;
	} else if (block->content == ZEROES) {
		verify_zeroes(index, words);
	} else if (has(BLK_F_RO)) {
		uint32_t found = hash(words);
		if (block->content == SEEN)
			check(DISK, found == block->generation, "corrupt block=%lu changed though read-only", (uint64_t)index);
		block->generation = found;
		block->content = SEEN;
	}
}

static uint32_t type(char step)
{
	switch (step) {
	case 'r': return BLK_IN;
	case 'w': return BLK_OUT;
	case 'W': return BLK_OUT | BLK_BARRIER;
	case 'z': return BLK_WRITE_ZEROES;
	case 'd': return BLK_DISCARD;
	default: return BLK_FLUSH;
	}
}

static bool writes(char step)
{
	return step == 'w' || step == 'W';
}

static void submit(struct job *job)
{
	char step = *job->plan;
	if (step == 'r')
		memset(job->data, 0xa5, job->count * BLOCK); /* so that data that never arrives is not taken for the old */
	for (uint32_t i = 0; i < job->count; i++) {
		struct block *block = &blocks[job->first + i];
		if (writes(step))
			pattern_fill(job->data[i], tag, job->first + i, ++block->generation);
		job->generations[i] = block->generation;
	}
	job->since = clock_now();
	blk_submit((uint32_t)(job - jobs), type(step), start_sector + job->first * SECTORS, job->data, job->count * BLOCK);
}

static void finish(struct job *job)
{
	for (uint32_t i = 0; i < job->count; i++)
		blocks[job->first + i].users--;
	job->plan = NULL;
	job->overdue = false;
}

/* Takes note of what a step that is done has made of the blocks. */
static void settle(struct job *job, char step)
{
	for (uint32_t i = 0; i < job->count; i++) {
		struct block *block = &blocks[job->first + i];
		if (step == 'r')
			verify(job->first + i, job->generations[i], job->data[i]);
		else if (step != 'f')
			block->content = writes(step) ? PATTERN : step == 'z' ? ZEROES : UNKNOWN;
	}
}

/* A barrier lets nothing pass, so a round is completed in its order. */
static void settle_turn(struct job *job)
{
	check(DISK, job->turn == turn + 1, "barrier ignored: request=%lu of %lu to block=%lu was completed after request=%lu",
		(uint64_t)job->turn, (uint64_t)ROUND, (uint64_t)job->first, (uint64_t)turn);
	if (++turn == ROUND)
		rounds++;
	job->turn = 0;
}

static void complete(struct job *job, uint8_t status)
{
	char step = *job->plan++;
	if (job->turn != 0)
		settle_turn(job);
	if (!check(DISK, status == 0, "request type=%lu block=%lu count=%lu failed with status=%lu", (uint64_t)type(step),
			(uint64_t)job->first, (uint64_t)job->count, (uint64_t)status)) {
		for (uint32_t i = 0; step != 'r' && i < job->count; i++)
			blocks[job->first + i].content = UNKNOWN;
		finish(job);
		return;
	}
	settle(job, step);
	if (*job->plan != 0)
		submit(job);
	else
		finish(job);
}

void disk_poll(void)
{
	uint32_t slot;
	uint8_t status;
	while (blk_reap(&slot, &status))
		complete(&jobs[slot], status);
	blk_kick();
}

/* The run from `first` on, up to a busy block or the end. */
static uint32_t free_run(uint32_t first, uint32_t most)
{
	uint32_t length = 0;
	while (length < most && first + length < count && blocks[first + length].users == 0)
		length++;
	return length;
}

static bool known(const struct job *job)
{
	for (uint32_t i = 0; i < job->count; i++)
		if (blocks[job->first + i].content == UNKNOWN)
			return false;
	return true;
}

/* What to do with the run at the cursor, which goes round the disk for ever. */
static const char *sweep(struct job *job, uint32_t most)
{
	job->first = cursor;
	job->count = free_run(cursor, most);
	cursor = cursor + job->count < count ? cursor + job->count : 0;
	return has(BLK_F_RO) || known(job) ? "r" : "wr";
}

static const char *choose(struct job *job)
{
	uint32_t most = 1 + pick(blk_segments()), kind = has(BLK_F_RO) ? 15 : pick(16);
	if (kind > 7)
		return sweep(job, most);
	if (kind == 0 && has(BLK_F_FLUSH)) {
		job->count = 0;
		return "f";
	}
	job->first = pick(count);
	job->count = free_run(job->first, most);
	uint64_t sectors = job->count * SECTORS;
	if (kind == 1 && has(BLK_F_DISCARD) && sectors <= blk_config()->max_discard)
		return "rdwr";
	if (kind == 2 && has(BLK_F_WRITE_ZEROES) && sectors <= blk_config()->max_write_zeroes)
		return "rzr";
	return "rwr";
}

static void start(struct job *job, const char *plan)
{
	for (uint32_t i = 0; i < job->count; i++)
		blocks[job->first + i].users++;
	job->plan = plan;
	submit(job);
}

/* Starts a round on a queue of which enough jobs are idle. */
static void start_round(uint32_t queue)
{
	struct job *found[ROUND];
	uint32_t idle = 0, first = pick(count), length = free_run(first, 1 + pick(blk_segments()));
	for (uint32_t i = queue; i < blk_slots() && idle < ROUND; i += blk_queues())
		if (jobs[i].plan == NULL)
			found[idle++] = &jobs[i];
	if (idle < ROUND || length == 0)
		return;
	turn = 0;
	for (uint32_t i = 0; i < ROUND; i++) {
		found[i]->first = first;
		found[i]->count = length;
		found[i]->turn = i + 1;
		start(found[i], round_plans[i]);
	}
}

/* In bursts, so that requests overlap even at a low rate. */
static void burst(void)
{
	if (has(BLK_F_BARRIER) && !has(BLK_F_RO) && turn == ROUND && pick(2) == 0)
		start_round(pick(blk_queues()));
	for (uint32_t i = 0; i < blk_slots(); i++) {
		struct job *job = &jobs[i];
		if (job->plan != NULL)
			continue;
		const char *plan = choose(job);
		if (job->count != 0 || *plan == 'f')
			start(job, plan);
	}
	blk_kick();
}

void disk_work(uint64_t ticks)
{
	if (count == 0)
		return;
	due += pace_due(&requests, ticks);
	uint32_t slots = blk_slots();
	if (due >= slots) {
		burst();
		due = 0;
	}
	uint64_t now = clock_now();
	for (uint32_t i = 0; i < slots; i++) {
		struct job *job = &jobs[i];
		if (job->plan != NULL && !job->overdue && now - job->since > 2 * clock_patience()) {
			job->overdue = true;
			check(DISK, false, "request type=%lu block=%lu has had no answer for ns=%lu", (uint64_t)type(*job->plan),
				(uint64_t)job->first, clock_nanoseconds(now - job->since));
		}
	}
}

uint64_t disk_rounds(void)
{
	return rounds;
}
