# What Jekyll cannot make by itself: lists cut into pages, and documents for each story.

module Desk
  PAGE = 30
  FEED = 50
  FEEDS = { "feed.xml" => "rss", "atom.xml" => "atom", "feed.json" => "jsonfeed" }.freeze

  class Generator < Jekyll::Generator
    def generate(site)
      @site = site
      posts = site.posts.docs.sort_by(&:date).reverse
      list("news", "All stories", posts)
      feeds("", site.config["title"], posts)
      by(posts) { |post| post.data["topics"] || [] }.each do |topic, own|
        list("topics/#{Jekyll::Utils.slugify(topic)}", topic, own)
        feeds("topics/#{Jekyll::Utils.slugify(topic)}", topic, own)
      end
      by(posts) { |post| [post.data["provider"]["name"]] }.each do |name, own|
        list("providers/#{Jekyll::Utils.slugify(name)}", name, own)
      end
      by(posts) { |post| [post.date.strftime("%Y-%m-%d")] }.each { |day, own| list("archive/#{day}", day, own) }
      posts.each { |post| beside(post) }
    end

    private

    def by(posts)
      groups = Hash.new { |all, name| all[name] = [] }
      posts.each { |post| yield(post).each { |name| groups[name] << post } }
      groups
    end

    def list(folder, title, posts)
      slices = posts.each_slice(PAGE).to_a
      slices.each_with_index do |slice, at|
        where = at.zero? ? folder : "#{folder}/page/#{at + 1}"
        page(where, "index.html", "list", "title" => title, "posts" => slice,
             "more" => (at + 1 < slices.size ? "/#{folder}/page/#{at + 2}/" : nil))
      end
    end

    def feeds(folder, title, posts)
      FEEDS.each { |name, layout| page(folder, name, layout, "title" => title, "posts" => posts.first(FEED)) }
    end

    # A story's JSON document and its feeds.
    def beside(post)
      folder = post.url.delete_suffix(".html")
      page(folder, "story.json", "document", "story" => post)
      FEEDS.each do |name, layout|
        page(folder, name, layout, "title" => post.data["title"], "posts" => [post], "reports" => post.data["related"])
      end
    end

    def page(folder, name, layout, data)
      page = Jekyll::PageWithoutAFile.new(@site, @site.source, folder, name)
      page.data.merge!(data)
      page.data["layout"] = layout
      @site.pages << page
    end
  end
end
