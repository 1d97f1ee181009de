import {
  BarController,
  BarElement,
  CategoryScale,
  type ChartConfiguration,
  Chart as ChartJs,
  LinearScale,
  Tooltip,
} from "chart.js";
import { createEffect, type JSX, onCleanup, onMount } from "solid-js";
import { formatDay, formatFull, formatHour } from "../i18n/format.ts";
import { isDark } from "../lib/preferences.ts";
import type { ChartProps } from "./chart.tsx";

ChartJs.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

/** Chart.js, told about our colours, and told again when theme, language or data change. */
export default function ChartCanvas(props: ChartProps): JSX.Element {
  let canvas: HTMLCanvasElement | undefined;
  let chart: ChartJs | undefined;
  onMount(() => {
    if (canvas) chart = new ChartJs(canvas, configure(props));
    createEffect(() => {
      isDark();
      const next = configure(props);
      if (!chart) return;
      chart.data = next.data;
      chart.options = next.options ?? {};
      chart.update("none");
    });
  });
  onCleanup(() => chart?.destroy());
  return <canvas ref={canvas} />;
}

function configure(props: ChartProps): ChartConfiguration<"bar", (number | null)[], string> {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  const last = props.times.length - 1;
  const font = { family: style.getPropertyValue("--font-ui"), size: 11 };
  return {
    type: "bar",
    data: {
      labels: [...props.times],
      datasets: props.series.map((each) => ({
        label: each.label,
        data: [...each.values],
        backgroundColor: props.times.map((_, index) => {
          const color = token(each.color);
          return props.isLastPartial && index === last ? `${color}80` : color;
        }),
        borderRadius: 1,
        categoryPercentage: 0.82,
        barPercentage: 1,
      })),
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: { display: false },
        tooltip: {
          backgroundColor: token("--text"),
          titleColor: token("--bg"),
          bodyColor: token("--bg"),
          titleFont: font,
          bodyFont: font,
          cornerRadius: 6,
          padding: 8,
          boxWidth: 8,
          boxHeight: 8,
          itemSort: (a, b) => (b.parsed.y ?? 0) - (a.parsed.y ?? 0),
          callbacks: {
            title: (items) => formatFull(props.times[items[0]?.dataIndex ?? 0] ?? 0),
            label: (item) => ` ${item.dataset.label}: ${props.format(item.parsed.y ?? 0)}`,
          },
        },
      },
      scales: {
        x: {
          stacked: true,
          grid: { display: false },
          border: { color: token("--line") },
          ticks: {
            font,
            color: token("--muted"),
            maxRotation: 0,
            autoSkipPadding: 24,
            callback: (_, index) => tickLabel(props.times[index]),
          },
        },
        y: {
          stacked: true,
          beginAtZero: true,
          grid: { color: token("--line"), tickLength: 0 },
          border: { display: false },
          ticks: {
            font,
            color: token("--muted"),
            maxTicksLimit: 4,
            padding: 6,
            callback: (value) => props.format(Number(value)),
          },
        },
      },
    },
  };
}

/** The hour; at midnight the day. */
function tickLabel(time: string | undefined): string {
  if (!time) return "";
  const date = new Date(time);
  return date.getHours() === 0 && date.getMinutes() === 0 ? formatDay(time) : formatHour(time);
}
