import type { Dictionary } from "../en/index.ts";

const number = (n: number) => n.toLocaleString("zh-CN");

export const common: Dictionary["common"] = {
  cancel: "取消",
  close: "关闭",
  save: "保存",
  saved: "已保存",
  edit: "编辑",
  delete: "删除",
  enable: "启用",
  disable: "停用",
  undo: "撤销",
  broughtBack: (n) => `已恢复 ${number(n)} 项`,
  notBroughtBack: (n) => `${number(n)} 项未能恢复：名称已被占用`,
  retry: "重试",
  reload: "重新加载",
  dismiss: "关闭提示",
  more: "更多操作",
  moreOptions: "更多选项",
  copy: "复制",
  copied: "已复制",
  copyFailed: "无法复制，请手动选中文本",
  optional: "选填",
  never: "从不",
  now: "现在",
  yes: "是",
  no: "否",
  memo: "备注",
  details: "详情",
  created: "创建时间",
  changed: "修改时间",
  loading: "加载中…",
  last24h: "最近 24 小时",
  commaSeparated: "多个用逗号分隔",
  orCommand: "也可以用脚本：",
  sparkline: (requests, errors) => `${number(requests)} 个请求，${number(errors)} 个错误`,
};

export const nav: Dictionary["nav"] = {
  label: "主导航",
  skip: "跳到内容",
  overview: "概览",
  pages: {
    overview: "概览",
    keys: "上游密钥",
    providers: "提供商",
    models: "模型",
    clients: "客户端密钥",
    requests: "请求",
  },
  short: {
    overview: "概览",
    keys: "上游密钥",
    providers: "提供商",
    models: "模型",
    clients: "客户端",
    requests: "请求",
  },
};

export const preferences: Dictionary["preferences"] = {
  title: "偏好设置",
  theme: "主题",
  themes: { system: "跟随系统", light: "浅色", dark: "深色" },
  language: "语言",
};

export const palette: Dictionary["palette"] = {
  open: "前往…",
  placeholder: "输入页面或操作",
  nothing: "没有匹配项。",
};

export const shortcuts: Dictionary["shortcuts"] = {
  title: "键盘快捷键",
  next: "下一行",
  previous: "上一行",
  filter: "搜索此列表",
  closePanel: "关闭面板",
  enabled: "单键快捷键",
  enabledHint: "如果妨碍辅助技术，可以关闭。",
};

export const session: Dictionary["session"] = {
  signIn: "登录",
  signOut: "退出登录",
  token: "管理令牌",
  email: "电子邮箱",
  password: "密码",
  code: "验证码",
  codeHint: "来自身份验证器应用，或使用一个恢复代码。",
  useToken: "使用管理令牌",
  usePassword: "使用邮箱和密码",
  hint: "登录以管理此网关。",
  note: "即 ADMIN_TOKEN，或在此处创建的令牌。",
  wrongPassword: "邮箱与密码不匹配。",
  wrongCode: "验证码无效或已被使用。",
  setupHint: "此 Sluice 尚未设置。请打开它启动时打印的一次性链接。",
  wrongToken: "令牌无效。",
  with: (name) => `使用 ${name} 登录`,
  prove: "请确认是您本人",
  proveHint: "此操作需要重新验证身份。十分钟内不会再次询问。",
  goOn: "继续",
  byCode: "使用身份验证器的验证码",
  byPassword: "使用密码",
  wrongOwnPassword: "密码不正确。",
  or: "或",
  problems: {
    unavailable: "登录服务没有响应。请稍后重试，或使用其他方式登录。",
    declined: "登录服务拒绝了此次登录。",
    not_valid: "登录服务的应答无效，原因见网关日志。",
    not_configured: "此处尚未配置第三方登录。",
    expired: "用时过长，或此次登录并非从这里开始。请重试。",
    throttled: "尝试次数过多，请等待几分钟。",
    other_person: "未能重新验证当前登录者的身份。",
    email_not_verified: "登录服务尚未验证您的电子邮箱。",
    email_not_allowed: "此域名的电子邮箱不能在这里登录。",
    other_identity: "您的电子邮箱在这里属于另一个账户。",
    not_invited: "您尚未受到邀请，请联系此网关的所有者。",
    no_role: "您所在的群组都无权登录，请联系此网关的所有者。",
    disabled: "您的账户已停用，请联系此网关的所有者。",
  },
  expired: "会话已结束",
  expiredHint: "重新登录即可继续，已输入的内容仍然保留。",
};

export const connection: Dictionary["connection"] = {
  reconnecting: "正在重新连接…",
  reconnectingSince: (time) => `正在重新连接 · 最后更新 ${time}`,
};

export const access: Dictionary["access"] = {
  noPage: "您不能查看此页面",
  needs: (scopes) => `需要 ${scopes}。此 Sluice 的所有者可以授予您包含它的角色。`,
};

export const filter: Dictionary["filter"] = {
  clear: "清除搜索",
  clearAll: "清除筛选",
  nothing: "没有符合筛选条件的内容",
};

export const table: Dictionary["table"] = {
  choose: "选择此行",
  chooseAll: "选择全部已加载的行",
  chooseMatching: (n) => `选择全部 ${number(n)} 项匹配`,
  chooseNone: "取消选择",
  chosen: (n) => `已选 ${number(n)} 项`,
};

export const errors: Dictionary["errors"] = {
  unreachable: "Sluice 没有响应，显示的内容可能已过时。",
  unreachableTitle: "无法连接",
  notFound: "没有这个页面",
  broken: "此页面出错了",
  updated: "Sluice 已更新",
  newVersion: "已有新版本运行",
  newVersionHint: "重新加载页面即可使用。",
  chart: "无法绘制图表。",
  codes: {
    REQUIRED: "此项必填。",
    DUPLICATE: "已经存在。",
    STALE_VERSION: "期间有人修改过。再次保存将覆盖对方的修改。",
    NOT_FOUND: "已不存在。",
    FORBIDDEN: "您没有权限。",
    RATE_LIMITED: "尝试次数过多，请稍候。",
    unauthenticated: "会话已结束。",
    unproved: "未执行任何操作：尚未确认是您本人。",
  },
};

export const errorClass: Dictionary["errorClass"] = {
  INVALID_REQUEST: "请求无效",
  UNAUTHORIZED: "客户端未认证",
  FORBIDDEN: "客户端无权限",
  NOT_FOUND: "未找到",
  TOO_LARGE: "过大",
  UNSUPPORTED: "不支持",
  CONTENT_FILTER: "被内容过滤拦截",
  KEY_INVALID: "密钥被拒绝",
  QUOTA: "额度用尽",
  RATE_LIMITED: "被限速",
  UPSTREAM_ERROR: "上游错误",
  TIMEOUT: "超时",
  NETWORK: "网络错误",
  TRUNCATED: "回答中断",
  NO_CANDIDATE: "没有可用密钥",
  CLIENT_CLOSED: "客户端已断开",
  CANCELLED: "已取消",
  OVERLOADED: "Sluice 过载",
  INTERNAL: "内部错误",
};

export const usage: Dictionary["usage"] = {
  requests: "请求",
  errors: "错误",
  tokens: "Token",
  cost: "费用",
  firstToken: "首 Token p95",
  latency: "耗时 p95",
  unpriced: (n) => `${number(n)} 个请求没有已知价格，未计入费用`,
};
