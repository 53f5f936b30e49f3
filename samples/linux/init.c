/*
 * The first and only process of a Linux guest that uses both sample devices through the kernel's own drivers. It loads the
 * modules in /modules, reads random bytes without pause, sends back each line that comes in on the virtio console, and says on
 * the serial line what it saw. "end" ends it.
 *
 * No C library, since the usual ones need floating point, which the processor does not have.
 */
#include <stdarg.h>

#define PIECE 64
#define LINE 512

enum { IOCTL = 29, MKDIRAT = 34, MOUNT = 40, OPENAT = 56, READ = 63, WRITE = 64, REBOOT = 142, FINIT_MODULE = 273 };
enum { CWD = -100, RDONLY = 0, RDWR = 2, NONBLOCK = 04000, NOCTTY = 0400, AGAIN = -11, TCGETS = 0x5401, TCSETS = 0x5402 };

struct termios { unsigned input, output, control, local; unsigned char line, characters[19]; };

static long call(long number, ...)
{
    va_list arguments;
    va_start(arguments, number);
    register long a0 __asm__("a0") = va_arg(arguments, long);
    register long a1 __asm__("a1") = va_arg(arguments, long);
    register long a2 __asm__("a2") = va_arg(arguments, long);
    register long a3 __asm__("a3") = va_arg(arguments, long);
    register long a4 __asm__("a4") = va_arg(arguments, long);
    register long a7 __asm__("a7") = number;
    va_end(arguments);
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7) : "memory");
    return a0;
}

static long length(const char *text)
{
    long n = 0;
    while (text[n])
        n++;
    return n;
}

static void send(int file, const char *bytes, long count)
{
    while (count > 0) {
        long n = call(WRITE, (long) file, bytes, count, 0L, 0L);
        if (n > 0) {
            bytes += n;
            count -= n;
        } else if (n != AGAIN) {
            return;
        }
    }
}

static void say(const char *text)
{
    send(1, text, length(text));
}

static void sayNumber(const char *what, unsigned long number)
{
    char digits[20];
    int at = sizeof digits;
    do {
        digits[--at] = '0' + number % 10;
        number /= 10;
    } while (number);
    say(what);
    send(1, digits + at, sizeof digits - at);
}

static void powerOff(void)
{
    call(REBOOT, 0xfee1deadL, 672274793L, 0x4321fedcL, 0L, 0L);
}

static void fail(const char *what, const char *which, long error)
{
    say("LINUX failed: ");
    say(what);
    say(which);
    if (error)
        sayNumber(", error ", -error);
    say("\n");
    powerOff();
}

static int openFile(const char *path, int flags)
{
    long file = call(OPENAT, (long) CWD, path, (long) flags, 0L, 0L);
    if (file < 0)
        fail("cannot open ", path, file);
    return file;
}

static void mountAt(const char *type, const char *path)
{
    call(MKDIRAT, (long) CWD, path, 0755L, 0L, 0L);
    call(MOUNT, type, path, type, 0L, 0L);
}

static void load(const char *path)
{
    long result = call(FINIT_MODULE, (long) openFile(path, RDONLY), "", 0L, 0L, 0L);
    if (result < 0)
        fail("cannot load ", path, result);
}

static void sayFile(const char *what, const char *path)
{
    char text[PIECE];
    long n = call(READ, (long) openFile(path, RDONLY), text, sizeof text, 0L, 0L);
    say(what);
    send(1, text, n);
}

/* Random bytes that are all zero, or those of the time before, were not written by the device. */
static void readRandom(int file)
{
    static unsigned long before[PIECE / sizeof(long)];
    static unsigned long reads;
    unsigned long now[PIECE / sizeof(long)];
    long n = call(READ, (long) file, now, sizeof now, 0L, 0L);
    if (n <= 0)
        fail("cannot read ", "/dev/hwrng", n);
    for (unsigned i = 0; i < n / sizeof(long); i++) {
        if (now[i] == 0 || now[i] == before[i])
            fail("the random bytes are not random", "", 0);
        before[i] = now[i];
    }
    if (++reads % 1000 == 0) {
        sayNumber("LINUX random reads ", reads);
        say("\n");
    }
}

/* The bytes as they are, none of them a command, none sent back by the terminal itself. */
static int openConsole(void)
{
    struct termios raw;
    int file = openFile("/dev/hvc0", RDWR | NONBLOCK | NOCTTY);
    call(IOCTL, (long) file, (long) TCGETS, &raw, 0L, 0L);
    raw.input = raw.output = raw.local = 0;
    call(IOCTL, (long) file, (long) TCSETS, &raw, 0L, 0L);
    return file;
}

static int isEnd(const char *line, int count)
{
    return count == 4 && line[0] == 'e' && line[1] == 'n' && line[2] == 'd';
}

/* Sends each line back once it is complete; tells when the last one has come. */
static int answer(int console)
{
    static char line[LINE];
    static int count;
    char piece[PIECE];
    long n = call(READ, (long) console, piece, sizeof piece, 0L, 0L);
    if (n < 0 && n != AGAIN)
        fail("cannot read ", "/dev/hvc0", n);
    for (long i = 0; i < n; i++) {
        line[count++] = piece[i];
        if (piece[i] == '\n' || count == LINE) {
            if (isEnd(line, count))
                return 0;
            send(console, "linux: ", 7);
            send(console, line, count);
            count = 0;
        }
    }
    return 1;
}

void start(void)
{
    mountAt("devtmpfs", "/dev");
    mountAt("sysfs", "/sys");
    load("/modules/virtio_mmio.ko");
    load("/modules/virtio-rng.ko");
    sayFile("LINUX rng ", "/sys/class/misc/hw_random/rng_current");
    int random = openFile("/dev/hwrng", RDONLY);
    int console = openConsole();
    say("LINUX ready\n");
    do
        readRandom(random);
    while (answer(console));
    say("LINUX ends\n");
    powerOff();
}
