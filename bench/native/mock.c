// mock.c - a fast single-threaded epoll stand-in for an OpenAI-style vendor. Loopback only.
//
//   mock [PORT]     0 or absent picks a free port; the first line on stdout is "listening PORT"
//
// The "model" of each request carries the behaviour wanted, so one mock serves every scenario at once:
// "mk-d60-b1024-n100-i10000" = 60 ms delay, 1 KB body, 100 chunks, 10 ms apart.
//   d<ms>  delay before the first byte       b<bytes> size of a body that is not streamed
//   n<cnt> content chunks of a stream        i<us>    time between chunks (0 = as fast as possible)
//   e<code> answer with this HTTP status     p<bytes> padding of each chunk's content
// "stream": true selects server-sent events. Each chunk's content is "T<monotonic ns> <padding>": the time it was
// sent, from which the load generator reads the transit time through a gateway.
#define _GNU_SOURCE
#include <arpa/inet.h>
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

#define MAX_PADDING 60000
#define MAX_EVENTS 512
#define MAX_BODIES 64

typedef struct {
  int delay_ms, body_bytes, chunks, interval_us, status, padding, stream;
} behaviour;

typedef struct connection {
  int fd, closed, wants_write;
  char *in;
  size_t in_length, in_capacity;
  char *out;
  size_t out_length, out_offset, out_capacity;
  int busy; // an answer is under way: pipelined requests wait
  behaviour asked;
  int sent; // chunks of the current stream
  u64 due;
  int heap_index; // -1 = no timer
  struct connection *next_dead;
} connection;

static int epoll_fd;
static volatile sig_atomic_t stopping;

static u64 now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (u64)t.tv_sec * 1000000000ull + t.tv_nsec;
}

// --- timers: a binary heap ordered by due time ---------------------------------------------------------------------

static connection **heap;
static int heap_length, heap_capacity;

static void heap_place(int i, connection *c) {
  heap[i] = c;
  c->heap_index = i;
}

static void heap_swap(int a, int b) {
  connection *t = heap[a];
  heap_place(a, heap[b]);
  heap_place(b, t);
}

static void heap_up(int i) {
  for (; i && heap[i]->due < heap[(i - 1) / 2]->due; i = (i - 1) / 2) heap_swap(i, (i - 1) / 2);
}

static void heap_down(int i) {
  for (;;) {
    int left = 2 * i + 1, least = i;
    if (left < heap_length && heap[left]->due < heap[least]->due) least = left;
    if (left + 1 < heap_length && heap[left + 1]->due < heap[least]->due) least = left + 1;
    if (least == i) return;
    heap_swap(i, least);
    i = least;
  }
}

static void timer_set(connection *c, u64 due) {
  c->due = due;
  if (heap_length == heap_capacity) {
    heap_capacity = heap_capacity ? heap_capacity * 2 : 1024;
    heap = realloc(heap, heap_capacity * sizeof *heap);
  }
  heap_place(heap_length++, c);
  heap_up(heap_length - 1);
}

static void timer_clear(connection *c) {
  int i = c->heap_index;
  if (i < 0) return;
  c->heap_index = -1;
  if (i == --heap_length) return;
  heap_place(i, heap[heap_length]);
  heap_up(i);
  heap_down(heap[i]->heap_index);
}

// --- connections ---------------------------------------------------------------------------------------------------

static connection *dead; // freed after the event batch, which may still point at them

static void drop(connection *c) {
  if (c->closed) return;
  c->closed = 1;
  timer_clear(c);
  close(c->fd);
  c->next_dead = dead;
  dead = c;
}

static void bury(void) {
  while (dead) {
    connection *c = dead;
    dead = c->next_dead;
    free(c->in);
    free(c->out);
    free(c);
  }
}

static void watch(connection *c, int wants_write) {
  if (c->wants_write == wants_write) return;
  c->wants_write = wants_write;
  struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | (wants_write ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

// Sends at once what the socket takes and queues the rest. False when the connection is gone.
static int put(connection *c, const char *bytes, size_t length) {
  if (c->out_length == c->out_offset) {
    ssize_t n = send(c->fd, bytes, length, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno != EAGAIN) {
        drop(c);
        return 0;
      }
      n = 0;
    }
    if ((size_t)n == length) return 1;
    bytes += n;
    length -= n;
    c->out_length = c->out_offset = 0;
  }
  if (c->out_length + length > c->out_capacity) {
    c->out_capacity = (c->out_length + length) * 2;
    c->out = realloc(c->out, c->out_capacity);
  }
  memcpy(c->out + c->out_length, bytes, length);
  c->out_length += length;
  watch(c, 1);
  return 1;
}

static void put_queued(connection *c) {
  ssize_t n = send(c->fd, c->out + c->out_offset, c->out_length - c->out_offset, MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) {
    drop(c);
    return;
  }
  if (n > 0) c->out_offset += n;
  if (c->out_offset == c->out_length) {
    c->out_offset = c->out_length = 0;
    watch(c, 0);
  }
}

// --- answers -------------------------------------------------------------------------------------------------------

typedef struct {
  int body_bytes;
  size_t length;
  char *bytes;
} whole_answer;

static whole_answer bodies[MAX_BODIES];
static int body_count;

// The vendor's headers a gateway has to sift, then a completion of exactly `body_bytes`; built once per size.
static const whole_answer *answer_of(int body_bytes) {
  static const char before[] =
      "{\"id\":\"chatcmpl-mock0123456789abcdef\",\"object\":\"chat.completion\",\"created\":1763600000,"
      "\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"";
  static const char after[] =
      "\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":19,"
      "\"completion_tokens\":210,\"total_tokens\":229,\"prompt_tokens_details\":{\"cached_tokens\":0},"
      "\"completion_tokens_details\":{\"reasoning_tokens\":0}},\"system_fingerprint\":\"fp_mock\"}";
  static const char filler[] = "The quick brown fox jumps over the lazy dog while the gateway counts tokens. ";
  for (int i = 0; i < body_count; i++)
    if (bodies[i].body_bytes == body_bytes) return &bodies[i];

  int fill = body_bytes - (int)(sizeof before - 1) - (int)(sizeof after - 1);
  if (fill < 5) fill = 5;
  size_t length = sizeof before - 1 + fill + sizeof after - 1;
  char *bytes = malloc(length + 512);
  char *at = bytes + sprintf(bytes,
                             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             "x-request-id: req_mock0123456789\r\nopenai-processing-ms: 5\r\n"
                             "openai-version: 2020-10-01\r\nx-ratelimit-limit-requests: 10000\r\n"
                             "x-ratelimit-remaining-requests: 9999\r\nContent-Length: %zu\r\n\r\n",
                             length);
  at = mempcpy(at, before, sizeof before - 1);
  for (int i = 0; i < fill; i++) *at++ = filler[i % (sizeof filler - 1)];
  at = mempcpy(at, after, sizeof after - 1);

  whole_answer *slot = &bodies[body_count < MAX_BODIES ? body_count++ : MAX_BODIES - 1];
  free(slot->bytes);
  *slot = (whole_answer){body_bytes, at - bytes, bytes};
  return slot;
}

static int put_whole(connection *c) {
  if (c->asked.status && c->asked.status != 200) {
    char answer[512];
    static const char body[] = "{\"error\":{\"message\":\"mock error\",\"type\":\"mock_error\",\"code\":\"mock_error\"}}";
    int length = sprintf(answer,
                         "HTTP/1.1 %d Mock\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
                         "Content-Length: %zu\r\n\r\n%s",
                         c->asked.status, sizeof body - 1, body);
    return put(c, answer, length);
  }
  const whole_answer *a = answer_of(c->asked.body_bytes);
  return put(c, a->bytes, a->length);
}

static const char stream_head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
    "x-request-id: req_mock0123456789\r\nopenai-processing-ms: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
#define EVENT_HEAD \
  "data: {\"id\":\"chatcmpl-mock0123456789abcdef\",\"object\":\"chat.completion.chunk\",\"created\":1763600000," \
  "\"model\":\"gpt-4o-mini-2024-07-18\","
#define EVENT_CHOICE EVENT_HEAD \
  "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_mock\",\"choices\":[{\"index\":0,\"delta\":"
static char padding[MAX_PADDING];

static int write_event(char *to, const char *event, int length) {
  char *at = to + sprintf(to, "%x\r\n", length);
  at = mempcpy(at, event, length);
  at = mempcpy(at, "\r\n", 2);
  return at - to;
}

static int write_chunk(char *to, const connection *c) {
  char event[MAX_PADDING + 1024];
  int length = sprintf(event,
                       EVENT_CHOICE "{%s\"content\":\"T%llu %.*s\"},\"logprobs\":null,\"finish_reason\":null}],"
                                    "\"usage\":null,\"obfuscation\":\"x\"}\n\n",
                       c->sent == 0 ? "\"role\":\"assistant\"," : "", (unsigned long long)now(), c->asked.padding, padding);
  return write_event(to, event, length);
}

static int write_ending(char *to, const connection *c) {
  static const char stop[] = EVENT_CHOICE "{},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":null}\n\n";
  static const char done[] = "data: [DONE]\n\n";
  char usage[1024];
  int length = sprintf(usage,
                       EVENT_HEAD "\"choices\":[],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":%d,"
                                  "\"total_tokens\":%d}}\n\n",
                       c->asked.chunks, c->asked.chunks + 19);
  char *at = to + write_event(to, stop, sizeof stop - 1);
  at += write_event(at, usage, length);
  at += write_event(at, done, sizeof done - 1);
  at = mempcpy(at, "0\r\n\r\n", 5);
  return at - to;
}

static void serve_next(connection *c);

// One due moment of a stream: the head goes out with the first chunk, the ending one interval after the last.
static void step_stream(connection *c) {
  char bytes[MAX_PADDING + 4096];
  const behaviour *asked = &c->asked;
  u64 interval = (u64)asked->interval_us * 1000;
  do {
    int length = 0;
    if (c->sent == 0) length = mempcpy(bytes, stream_head, sizeof stream_head - 1) - (void *)bytes;
    if (c->sent < asked->chunks) length += write_chunk(bytes + length, c);
    c->sent++;
    if (length && !put(c, bytes, length)) return;
  } while (!interval && c->sent < asked->chunks);

  if (c->sent <= asked->chunks && interval) {
    timer_set(c, c->due + interval);
    return;
  }
  c->busy = 0;
  if (put(c, bytes, write_ending(bytes, c))) serve_next(c);
}

static void step(connection *c) {
  if (c->asked.stream && !c->asked.status) {
    step_stream(c);
    return;
  }
  c->busy = 0;
  if (put_whole(c)) serve_next(c);
}

// --- requests ------------------------------------------------------------------------------------------------------

static char *header_value(char *head, char *end, const char *name) {
  size_t length = strlen(name);
  for (char *line = head; line < end;) {
    char *eol = memmem(line, end - line, "\r\n", 2);
    if (!eol) return NULL;
    if ((size_t)(eol - line) > length && line[length] == ':' && !strncasecmp(line, name, length)) return line + length + 1;
    line = eol + 2;
  }
  return NULL;
}

// Joins the chunks of a chunked body in place. Returns the end of the framing, or NULL while bytes are missing.
static char *join_chunks(char *body, char *end, size_t *length) {
  char *from = body;
  for (;;) {
    char *eol = memmem(from, end - from, "\r\n", 2);
    if (!eol) return NULL;
    size_t size = strtoul(from, NULL, 16);
    if ((size_t)(end - (eol + 2)) < size + 2) return NULL;
    from = eol + 2 + size + 2;
    if (!size) break;
  }
  char *to = body;
  for (char *at = body;;) {
    size_t size = strtoul(at, &at, 16);
    at = (char *)memmem(at, end - at, "\r\n", 2) + 2;
    if (!size) break;
    memmove(to, at, size);
    to += size;
    at += size + 2;
  }
  *length = to - body;
  return from;
}

static behaviour read_behaviour(char *body, size_t length) {
  behaviour asked = {.chunks = 20, .body_bytes = 1024, .padding = 4};
  char *end = body + length;
  char *model = memmem(body, length, "\"model\"", 7);
  char *at = model ? memmem(model, end - model < 96 ? end - model : 96, "mk-", 3) : NULL;
  if (at) {
    at += 3;
    while (at < end && *at != '"') {
      char what = *at++;
      int value = strtol(at, &at, 10);
      switch (what) {
        case 'd': asked.delay_ms = value; break;
        case 'b': asked.body_bytes = value; break;
        case 'n': asked.chunks = value; break;
        case 'i': asked.interval_us = value; break;
        case 'e': asked.status = value; break;
        case 'p': asked.padding = value > MAX_PADDING ? MAX_PADDING : value; break;
      }
      if (*at != '-') break;
      at++;
    }
  }
  char *stream = memmem(body, length, "\"stream\"", 8);
  if (stream) {
    stream += 8;
    while (stream < end && (*stream == ' ' || *stream == ':')) stream++;
    asked.stream = stream < end && *stream == 't';
  }
  return asked;
}

static void serve_next(connection *c) {
  while (!c->busy && !c->closed && c->in_length) {
    char *head_end = memmem(c->in, c->in_length, "\r\n\r\n", 4);
    if (!head_end) return;
    char *body = head_end + 4, *end = c->in + c->in_length, *value, *next;
    size_t length = 0;
    if ((value = header_value(c->in, head_end + 2, "transfer-encoding")) && memmem(value, head_end - value, "chunked", 7)) {
      if (!(next = join_chunks(body, end, &length))) return;
    } else {
      if ((value = header_value(c->in, head_end + 2, "content-length"))) length = strtoul(value, NULL, 10);
      if ((size_t)(end - body) < length) return;
      next = body + length;
    }
    c->asked = read_behaviour(body, length);
    c->sent = 0;
    c->busy = 1;
    c->in_length = end - next;
    memmove(c->in, next, c->in_length);
    c->due = now();
    if (c->asked.delay_ms > 0)
      timer_set(c, c->due + (u64)c->asked.delay_ms * 1000000);
    else
      step(c);
  }
}

static void read_available(connection *c) {
  for (;;) {
    if (c->in_capacity - c->in_length < 16384) {
      c->in_capacity = c->in_capacity ? c->in_capacity * 2 : 32768;
      c->in = realloc(c->in, c->in_capacity);
    }
    size_t room = c->in_capacity - c->in_length - 1; // one byte stays free, so that strtol always meets an end
    ssize_t n = recv(c->fd, c->in + c->in_length, room, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
      drop(c);
      return;
    }
    if (n < 0) break;
    c->in_length += n;
    c->in[c->in_length] = 0;
    if ((size_t)n < room) break;
  }
  if (!c->busy) serve_next(c);
}

// --- the loop ------------------------------------------------------------------------------------------------------

static void accept_all(int listener) {
  int one = 1, fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connection *c = calloc(1, sizeof *c);
    c->fd = fd;
    c->heap_index = -1;
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
  }
}

static int listen_on(int port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (void *)&address, size) || listen(listener, 4096)) {
    perror("mock: listen");
    exit(1);
  }
  getsockname(listener, (void *)&address, &size);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

static void on_signal(int signal_number) {
  (void)signal_number;
  stopping = 1;
}

int main(int count, char **arguments) {
  memset(padding, 'x', sizeof padding);
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  int listener = listen_on(count > 1 ? atoi(arguments[1]) : 0);
  epoll_fd = epoll_create1(0);
  struct epoll_event listening = {.events = EPOLLIN, .data.ptr = NULL}, events[MAX_EVENTS];
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &listening);

  while (!stopping) {
    struct timespec wait, *timeout = NULL;
    if (heap_length) {
      u64 t = now(), left = heap[0]->due > t ? heap[0]->due - t : 0;
      wait = (struct timespec){left / 1000000000, left % 1000000000};
      timeout = &wait;
    }
    int ready = epoll_pwait2(epoll_fd, events, MAX_EVENTS, timeout, NULL);
    for (int i = 0; i < ready; i++) {
      connection *c = events[i].data.ptr;
      if (!c) {
        accept_all(listener);
        continue;
      }
      if (!c->closed && events[i].events & EPOLLOUT) put_queued(c);
      if (!c->closed && events[i].events & (EPOLLHUP | EPOLLERR)) drop(c);
      if (!c->closed && events[i].events & (EPOLLIN | EPOLLRDHUP)) read_available(c);
    }
    u64 t = now();
    while (heap_length && heap[0]->due <= t) {
      connection *c = heap[0];
      timer_clear(c);
      step(c);
    }
    bury();
  }
  return 0;
}
