// load.c - a single-threaded epoll HTTP/1.1 load generator for LLM gateways. Loopback only; always ends by itself.
//
//   closed loop   load -p PORT -c 64 -w 1 -t 5 -b body.json     every connection asks again as soon as it is answered
//   open loop     load -p PORT -c 256 -r 1000 -t 5 …            latency counts from the scheduled time: a late
//                                                               start is the server's fault, not left out
//   streams       load -p PORT -c 200 -s -t 5 …                 first token, transit and gap of every stamped chunk
//   -1            one request per connection, then end (at the latest after -t seconds)
//   -g MS         spread the start of the connections over MS, each at a random moment of its share (the same
//                 moments in every run): in step, streams would send their chunks in bursts that flatter the server
//   -S MS         a gap between two chunks longer than this is a stall (default 1000)
//   -P PATH, -H 'name: value' (repeatable)
//   -q PID,…      CPU time of these processes over the measured window
//
// The first -w seconds are warm-up. Prints one JSON object; all times are microseconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef uint64_t u64;

#define MAX_EVENTS 1024
#define MAX_WATCHED 64
#define READ_ROOM 32768
#define BACKLOG (1 << 20)
#define STAMP_LENGTH 24 // "T, up to 20 digits, a space and one spare

static u64 now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (u64)t.tv_sec * 1000000000ull + t.tv_nsec;
}

// --- histograms: 512 buckets per power of two, so an error below 0.2 % ---------------------------------------------

#define SUB_BITS 9
#define BUCKETS (64 << SUB_BITS)

typedef struct {
  u64 bucket[BUCKETS], count, sum, max;
} histogram;

static void record(histogram *h, u64 ns) {
  if (!ns) ns = 1;
  int power = 63 - __builtin_clzll(ns);
  int i = power < SUB_BITS ? (int)ns
                           : ((power - SUB_BITS + 1) << SUB_BITS) +
                                 (int)((ns >> (power - SUB_BITS)) & ((1 << SUB_BITS) - 1));
  h->bucket[i]++;
  h->count++;
  h->sum += ns;
  if (ns > h->max) h->max = ns;
}

static double bucket_us(int i) {
  if (i < (1 << SUB_BITS)) return i / 1e3;
  int power = (i >> SUB_BITS) + SUB_BITS - 1;
  double step = (double)(1ull << (power - SUB_BITS));
  return ((double)(1ull << power) + ((i & ((1 << SUB_BITS) - 1)) + 0.5) * step) / 1e3;
}

static double quantile_us(const histogram *h, double q) {
  if (!h->count) return 0;
  u64 target = (u64)(q * h->count), seen = 0;
  if (target >= h->count) target = h->count - 1;
  for (int i = 0; i < BUCKETS; i++)
    if ((seen += h->bucket[i]) > target) return bucket_us(i);
  return h->max / 1e3;
}

static void print_histogram(const char *name, const histogram *h) {
  printf(",\"%s\":{\"count\":%llu,\"mean\":%.1f,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}", name,
         (unsigned long long)h->count, h->count ? h->sum / 1e3 / h->count : 0, quantile_us(h, .5), quantile_us(h, .9),
         quantile_us(h, .99), quantile_us(h, .999), h->max / 1e3);
}

// --- what was asked for --------------------------------------------------------------------------------------------

static int port = 8080, connection_count = 64, streaming, once, ramp_ms, stall_ms = 1000;
static double measured_s = 5, warm_up_s = 1, rate;
static const char *path = "/v1/chat/completions", *body_file;
static char headers[16384];
static pid_t watched[MAX_WATCHED];
static int watched_count;

static char *request;
static size_t request_length;

// --- what was seen -------------------------------------------------------------------------------------------------

static histogram latency, first_token, transit, gap;
static u64 ok, failed, refused, answered, answered_in_window, chunks, chunks_in_window, stalls, bytes_in_window;
static int active, most_active, ended;
static u64 window_start, window_end;

// --- CPU time of the server ----------------------------------------------------------------------------------------

// Nanoseconds, threads that have ended included: /proc/PID/stat counts in ticks of 10 ms, and /proc/PID/task forgets
// the threads that are gone.
static u64 watched_cpu_ns(void) {
  u64 sum = 0;
  for (int i = 0; i < watched_count; i++) {
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(watched[i], &clock) || clock_gettime(clock, &t)) continue;
    sum += (u64)t.tv_sec * 1000000000ull + t.tv_nsec;
  }
  return sum;
}

// --- connections ---------------------------------------------------------------------------------------------------

typedef enum { CLOSED, CONNECTING, IDLE, WAITING } state;
typedef enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_END, LAST_LINE } framing;

typedef struct {
  int fd;
  state state;
  char *in;
  size_t in_length, in_capacity, sent;
  u64 asked_at, last_chunk_at;
  int head_read, status, chunked, closes;
  long left; // bytes of a body with Content-Length; -1 = until the connection closes
  framing framing;
  size_t chunk_left;
  int token_seen, stamps;
  char carry[STAMP_LENGTH]; // a stamp split over two reads
  int carry_length;
} connection;

static connection *connections;
static int epoll_fd;
static struct sockaddr_in address;

// Open loop: connections at rest, and the scheduled times that found none.
static int *resting, resting_count;
static u64 *backlog, backlog_from, backlog_to, dropped;

static void ask(connection *c, u64 scheduled);

static void watch(connection *c, int operation, int wants_write) {
  struct epoll_event e = {.events = EPOLLIN | (wants_write ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(epoll_fd, operation, c->fd, &e);
}

static void open_connection(connection *c) {
  int one = 1;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  c->state = CONNECTING;
  if (connect(c->fd, (void *)&address, sizeof address) < 0 && errno != EINPROGRESS) refused++;
  watch(c, EPOLL_CTL_ADD, 1);
}

static void close_connection(connection *c) {
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
  c->state = CLOSED;
}

static void send_request(connection *c, int was_writing) {
  ssize_t n = send(c->fd, request + c->sent, request_length - c->sent, MSG_NOSIGNAL);
  if (n > 0) c->sent += n;
  int writing = c->sent < request_length;
  if (writing != was_writing) watch(c, EPOLL_CTL_MOD, writing);
}

static void ask(connection *c, u64 scheduled) {
  c->asked_at = scheduled;
  c->in_length = c->sent = c->chunk_left = 0;
  c->head_read = c->chunked = c->closes = c->token_seen = c->stamps = c->carry_length = 0;
  c->left = -1;
  c->framing = CHUNK_SIZE;
  if (++active > most_active) most_active = active;
  if (c->state == CLOSED) {
    open_connection(c);
  } else {
    c->state = WAITING;
    send_request(c, 0);
  }
}

// The connection is free: what it does next depends on the kind of load.
static void release(connection *c) {
  u64 t = now();
  active--;
  if (once) {
    ended++;
  } else if (t >= window_end) {
    return;
  } else if (rate <= 0) {
    ask(c, t);
  } else if (backlog_from != backlog_to) {
    ask(c, backlog[backlog_from++ % BACKLOG]);
  } else {
    resting[resting_count++] = c - connections;
  }
}

static void fail(connection *c) {
  if (c->asked_at >= window_start) failed++;
  close_connection(c);
  release(c);
}

static void finish(connection *c) {
  u64 t = now();
  int is_success = c->status >= 200 && c->status < 300;
  if (is_success) answered++;
  if (is_success && t >= window_start && t < window_end) answered_in_window++;
  if (c->asked_at >= window_start) {
    if (is_success) {
      ok++;
      record(&latency, t - c->asked_at);
    } else {
      failed++;
    }
  }
  if (c->closes)
    close_connection(c);
  else
    c->state = IDLE;
  release(c);
}

// --- answers -------------------------------------------------------------------------------------------------------

static void see_stamp(connection *c, u64 sent_at, u64 t) {
  chunks++;
  c->stamps++;
  if (t >= window_start && t < window_end) {
    chunks_in_window++;
    record(&transit, t > sent_at ? t - sent_at : 1);
    if (c->stamps > 1) {
      record(&gap, t - c->last_chunk_at);
      if (t - c->last_chunk_at > (u64)stall_ms * 1000000) stalls++;
    }
  }
  c->last_chunk_at = t;
}

// Looks for `"T<digits> `, in whatever event format a gateway may have put the content.
static void find_stamps(connection *c, const char *from, const char *end, u64 t) {
  c->carry_length = 0;
  while (from < end) {
    const char *quote = memchr(from, '"', end - from);
    if (!quote) return;
    if (end - quote < STAMP_LENGTH) {
      c->carry_length = end - quote;
      memcpy(c->carry, quote, c->carry_length);
      return;
    }
    from = quote + 1;
    if (quote[1] != 'T' || !isdigit((unsigned char)quote[2])) continue;
    see_stamp(c, strtoull(quote + 2, NULL, 10), t);
    from = quote + STAMP_LENGTH;
  }
}

static void see_body(connection *c, const char *bytes, size_t length, u64 t) {
  if (!length) return;
  if (t >= window_start && t < window_end) bytes_in_window += length;
  if (!streaming) return;
  if (!c->token_seen) {
    c->token_seen = 1;
    c->last_chunk_at = t;
    if (c->asked_at >= window_start && c->status == 200) record(&first_token, t - c->asked_at);
  }
  if (!c->carry_length) {
    find_stamps(c, bytes, bytes + length, t);
    return;
  }
  size_t joined_length = c->carry_length + length;
  char *joined = malloc(joined_length);
  memcpy(joined, c->carry, c->carry_length);
  memcpy(joined + c->carry_length, bytes, length);
  find_stamps(c, joined, joined + joined_length, t);
  free(joined);
}

static int read_head(connection *c) {
  char *head_end = memmem(c->in, c->in_length, "\r\n\r\n", 4), *value;
  if (!head_end) return 0;
  c->status = atoi(c->in + 9);
  head_end[2] = 0;
  if ((value = strcasestr(c->in, "\r\ncontent-length:"))) c->left = atol(value + 17);
  if ((value = strcasestr(c->in, "\r\ntransfer-encoding:")) && strcasestr(value, "chunked")) c->chunked = 1;
  if (strcasestr(c->in, "\r\nconnection: close")) c->closes = 1;
  size_t head_length = head_end + 4 - c->in;
  c->in_length -= head_length;
  memmove(c->in, c->in + head_length, c->in_length);
  c->head_read = 1;
  if (!c->chunked && c->left < 0) c->closes = 1;
  return 1;
}

static void read_sized(connection *c, u64 t) {
  size_t length = c->left < 0 || c->in_length < (size_t)c->left ? c->in_length : (size_t)c->left;
  see_body(c, c->in, length, t);
  c->in_length = 0;
  if (c->left < 0) return;
  c->left -= length;
  if (c->left == 0) finish(c);
}

static void read_chunked(connection *c, u64 t) {
  size_t at = 0;
  int is_complete = 0;
  while (at < c->in_length && !is_complete) {
    size_t available = c->in_length - at;
    if (c->framing == CHUNK_SIZE) {
      char *eol = memmem(c->in + at, available, "\r\n", 2);
      if (!eol) break;
      c->chunk_left = strtoul(c->in + at, NULL, 16);
      c->framing = c->chunk_left ? CHUNK_DATA : LAST_LINE;
      at = eol + 2 - c->in;
    } else if (c->framing == CHUNK_DATA) {
      size_t length = available < c->chunk_left ? available : c->chunk_left;
      see_body(c, c->in + at, length, t);
      at += length;
      c->chunk_left -= length;
      if (!c->chunk_left) c->framing = CHUNK_END;
    } else {
      if (available < 2) break;
      at += 2;
      is_complete = c->framing == LAST_LINE;
      c->framing = CHUNK_SIZE;
    }
  }
  c->in_length -= at;
  memmove(c->in, c->in + at, c->in_length);
  if (is_complete) finish(c);
}

static void read_answer(connection *c, u64 t) {
  if (!c->head_read && !read_head(c)) return;
  if (c->chunked)
    read_chunked(c, t);
  else
    read_sized(c, t);
}

static void read_available(connection *c, u64 t) {
  for (;;) {
    if (c->in_capacity - c->in_length <= READ_ROOM) {
      c->in_capacity = c->in_capacity ? c->in_capacity * 2 : 2 * READ_ROOM;
      c->in = realloc(c->in, c->in_capacity);
    }
    ssize_t n = recv(c->fd, c->in + c->in_length, READ_ROOM, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      int is_complete = n == 0 && c->state == WAITING && c->head_read && !c->chunked && c->left < 0;
      if (is_complete)
        finish(c);
      else if (c->state == WAITING)
        fail(c);
      else
        close_connection(c);
      return;
    }
    c->in_length += n;
    c->in[c->in_length] = 0;
    if (c->state == WAITING)
      read_answer(c, t);
    else
      c->in_length = 0;
    if (c->fd < 0 || c->state != WAITING || n < READ_ROOM) return;
  }
}

static void connected(connection *c, unsigned events) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error || events & (EPOLLERR | EPOLLHUP)) {
    refused++;
    usleep(1000);
    fail(c);
    return;
  }
  c->state = WAITING;
  send_request(c, 1);
}

static void on_event(connection *c, unsigned events, u64 t) {
  if (c->fd < 0) return;
  if (c->state == CONNECTING) {
    connected(c, events);
    return;
  }
  if (events & EPOLLOUT && c->sent < request_length) send_request(c, 1);
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_available(c, t);
}

// --- set-up --------------------------------------------------------------------------------------------------------

static void read_options(int count, char **arguments) {
  int option;
  while ((option = getopt(count, arguments, "p:c:w:t:r:b:P:H:g:S:q:s1")) > 0) switch (option) {
      case 'p': port = atoi(optarg); break;
      case 'c': connection_count = atoi(optarg); break;
      case 'w': warm_up_s = atof(optarg); break;
      case 't': measured_s = atof(optarg); break;
      case 'r': rate = atof(optarg); break;
      case 'b': body_file = optarg; break;
      case 'P': path = optarg; break;
      case 'g': ramp_ms = atoi(optarg); break;
      case 'S': stall_ms = atoi(optarg); break;
      case 's': streaming = 1; break;
      case '1': once = 1; break;
      case 'H':
        if (strlen(headers) + strlen(optarg) + 3 > sizeof headers) exit(2);
        strcat(strcat(headers, optarg), "\r\n");
        break;
      case 'q':
        for (char *pid = strtok(optarg, ","); pid && watched_count < MAX_WATCHED; pid = strtok(NULL, ","))
          watched[watched_count++] = atoi(pid);
        break;
      default: exit(2);
    }
}

static void build_request(void) {
  FILE *file = body_file ? fopen(body_file, "r") : NULL;
  if (!file) {
    perror("load: body file (-b)");
    exit(2);
  }
  fseek(file, 0, SEEK_END);
  size_t body_length = ftell(file);
  rewind(file);
  request = malloc(body_length + sizeof headers + 1024);
  request_length = sprintf(request,
                           "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nAccept: */*\r\n"
                           "User-Agent: OpenAI/JS 5.0.0\r\n%sContent-Length: %zu\r\n\r\n",
                           path, port, headers, body_length);
  request_length += fread(request + request_length, 1, body_length, file);
  fclose(file);
}

static void print_result(u64 cpu_ns, double seconds) {
  printf("{\"ok\":%llu,\"failed\":%llu,\"refused\":%llu,\"unfinished\":%d,\"answered\":%llu,\"seconds\":%.4f,"
         "\"answeredInWindow\":%llu,\"bytesInWindow\":%llu,\"cpuUs\":%.1f,\"neverSent\":%llu,\"mostActive\":%d",
         (unsigned long long)ok, (unsigned long long)failed, (unsigned long long)refused, active,
         (unsigned long long)answered, seconds, (unsigned long long)answered_in_window,
         (unsigned long long)bytes_in_window, cpu_ns / 1e3,
         (unsigned long long)(backlog_to - backlog_from + dropped), most_active);
  print_histogram("latency", &latency);
  if (streaming) {
    printf(",\"stream\":{\"chunks\":%llu,\"chunksInWindow\":%llu,\"stalls\":%llu", (unsigned long long)chunks,
           (unsigned long long)chunks_in_window, (unsigned long long)stalls);
    print_histogram("firstToken", &first_token);
    print_histogram("transit", &transit);
    print_histogram("gap", &gap);
    printf("}");
  }
  printf("}\n");
}

static u64 launch_time(int i, u64 started_at) {
  u64 x = (u64)(i + 1) * 0x9E3779B97F4A7C15ull; // SplitMix64: a random-looking number of each i
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  double jitter = ((x ^ (x >> 31)) >> 11) * 0x1p-53;
  return started_at + (u64)(ramp_ms * 1e6 * (i + jitter) / connection_count);
}

int main(int count, char **arguments) {
  read_options(count, arguments);
  build_request();
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  epoll_fd = epoll_create1(0);
  connections = calloc(connection_count, sizeof *connections);
  resting = malloc(connection_count * sizeof *resting);
  backlog = malloc(BACKLOG * sizeof *backlog);
  for (int i = 0; i < connection_count; i++) connections[i].fd = -1;

  u64 started_at = now();
  window_start = started_at + (u64)(warm_up_s * 1e9);
  window_end = window_start + (u64)(measured_s * 1e9);
  // Answers under way at the end are waited for, so that slow ones are counted too, but not for ever.
  u64 deadline = window_end + (once ? 0 : (u64)5e9);
  double next_at = started_at, interval = rate > 0 ? 1e9 / rate : 0;
  int launched = rate > 0 ? connection_count : 0;
  if (rate > 0)
    for (int i = connection_count - 1; i >= 0; i--) resting[resting_count++] = i;

  u64 cpu_before = 0, cpu_after = 0;
  int before_taken = 0, after_taken = 0;
  struct epoll_event events[MAX_EVENTS];
  for (;;) {
    u64 t = now();
    if (!before_taken && t >= window_start) {
      cpu_before = watched_cpu_ns();
      before_taken = 1;
    }
    if (!after_taken && t >= window_end) {
      cpu_after = watched_cpu_ns();
      after_taken = 1;
    }
    if (once && ended == connection_count) break;
    if (t >= window_end && (active == 0 || t >= deadline)) break;

    while (launched < connection_count && t >= launch_time(launched, started_at))
      ask(&connections[launched++], now());
    for (; rate > 0 && t < window_end && next_at <= t; next_at += interval) {
      if (resting_count)
        ask(&connections[resting[--resting_count]], (u64)next_at);
      else if (backlog_to - backlog_from < BACKLOG)
        backlog[backlog_to++ % BACKLOG] = (u64)next_at;
      else
        dropped++;
    }

    u64 wake = t + 100000000;
    if (rate > 0 && t < window_end && next_at < wake) wake = (u64)next_at;
    if (launched < connection_count) {
      u64 next_launch = launch_time(launched, started_at);
      if (next_launch < wake) wake = next_launch;
    }
    if (!before_taken && window_start < wake) wake = window_start;
    if (before_taken && !after_taken && window_end < wake) wake = window_end;
    u64 left = wake > t ? wake - t : 0;
    struct timespec timeout = {left / 1000000000, left % 1000000000};
    int ready = epoll_pwait2(epoll_fd, events, MAX_EVENTS, &timeout, NULL);
    t = now();
    for (int i = 0; i < ready; i++) on_event(events[i].data.ptr, events[i].events, t);
  }
  u64 ended_at = now();
  if (!after_taken) cpu_after = watched_cpu_ns();
  u64 window_closed = after_taken ? window_end : ended_at;
  print_result(cpu_after - cpu_before, (window_closed - window_start) / 1e9);
  return 0;
}
