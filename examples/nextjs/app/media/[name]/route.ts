// Passes on the pictures and sounds that answers name as /media/…: whoever knows the address may see them.
import { fetchMedium } from "../../../lib/server";

export async function GET(request: Request, { params }: { params: Promise<{ name: string }> }): Promise<Response> {
  const { name } = await params;
  try {
    // Passed on with all its headers, which keep a browser from running what is in it. Players ask for a part of a sound.
    return await fetchMedium(name, request.headers.get("range"), request.signal);
  } catch {
    return new Response("The GraphQL server cannot be reached.", { status: 502 });
  }
}
