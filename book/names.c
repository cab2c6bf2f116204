/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book/names.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct city cities[N_CITIES] = {
    { "", "北京", "Beijing", "1101", { "东城区", "朝阳区", "海淀区", "丰台区" } },
    { "", "上海", "Shanghai", "3101", { "黄浦区", "徐汇区", "浦东新区", "静安区" } },
    { "", "天津", "Tianjin", "1201", { "和平区", "河西区", "南开区", "滨海新区" } },
    { "", "重庆", "Chongqing", "5001", { "渝中区", "江北区", "沙坪坝区", "九龙坡区" } },
    { "广东省", "广州", "Guangzhou", "4401", { "天河区", "越秀区", "海珠区", "白云区" } },
    { "广东省", "深圳", "Shenzhen", "4403", { "南山区", "福田区", "罗湖区", "宝安区" } },
    { "广东省", "佛山", "Foshan", "4406", { "禅城区", "南海区", "顺德区", "三水区" } },
    { "浙江省", "杭州", "Hangzhou", "3301", { "上城区", "西湖区", "滨江区", "余杭区" } },
    { "浙江省", "宁波", "Ningbo", "3302", { "海曙区", "江北区", "鄞州区", "镇海区" } },
    { "浙江省", "温州", "Wenzhou", "3303", { "鹿城区", "龙湾区", "瓯海区", "洞头区" } },
    { "江苏省", "南京", "Nanjing", "3201", { "玄武区", "秦淮区", "鼓楼区", "江宁区" } },
    { "江苏省", "苏州", "Suzhou", "3205", { "姑苏区", "虎丘区", "吴中区", "相城区" } },
    { "江苏省", "无锡", "Wuxi", "3202", { "梁溪区", "滨湖区", "锡山区", "惠山区" } },
    { "山东省", "济南", "Jinan", "3701", { "历下区", "市中区", "槐荫区", "历城区" } },
    { "山东省", "青岛", "Qingdao", "3702", { "市南区", "市北区", "崂山区", "李沧区" } },
    { "福建省", "福州", "Fuzhou", "3501", { "鼓楼区", "台江区", "仓山区", "晋安区" } },
    { "福建省", "厦门", "Xiamen", "3502", { "思明区", "湖里区", "集美区", "海沧区" } },
    { "四川省", "成都", "Chengdu", "5101", { "锦江区", "青羊区", "武侯区", "成华区" } },
    { "湖北省", "武汉", "Wuhan", "4201", { "江岸区", "江汉区", "武昌区", "洪山区" } },
    { "湖南省", "长沙", "Changsha", "4301", { "芙蓉区", "天心区", "岳麓区", "雨花区" } },
    { "河南省", "郑州", "Zhengzhou", "4101", { "中原区", "二七区", "金水区", "惠济区" } },
    { "河北省", "石家庄", "Shijiazhuang", "1301", { "长安区", "桥西区", "新华区", "裕华区" } },
    { "陕西省", "西安", "Xi'an", "6101", { "新城区", "碑林区", "雁塔区", "未央区" } },
    { "辽宁省", "沈阳", "Shenyang", "2101", { "和平区", "沈河区", "皇姑区", "铁西区" } },
    { "辽宁省", "大连", "Dalian", "2102", { "中山区", "西岗区", "沙河口区", "甘井子区" } },
    { "黑龙江省", "哈尔滨", "Harbin", "2301", { "道里区", "南岗区", "道外区", "香坊区" } },
    { "安徽省", "合肥", "Hefei", "3401", { "瑶海区", "庐阳区", "蜀山区", "包河区" } },
    { "江西省", "南昌", "Nanchang", "3601", { "东湖区", "西湖区", "青云谱区", "青山湖区" } },
    { "云南省", "昆明", "Kunming", "5301", { "五华区", "盘龙区", "官渡区", "西山区" } },
    { "广西壮族自治区", "南宁", "Nanning", "4501", { "兴宁区", "青秀区", "江南区", "西乡塘区" } },
};

static const struct industry industries[] = {
    { "A01", "农业", "Agriculture" },      { "C13", "食品", "Foods" },
    { "C18", "服饰", "Apparel" },          { "C21", "家具", "Furniture" },
    { "C29", "塑胶", "Plastics" },         { "C33", "五金制品", "Hardware" },
    { "C35", "机械设备", "Machinery" },    { "C39", "电子", "Electronics" },
    { "E50", "装饰工程", "Decoration" },   { "F51", "贸易", "Trading" },
    { "F52", "商贸", "Commerce" },         { "G54", "运输", "Transport" },
    { "G59", "供应链管理", "Logistics" },  { "H61", "酒店管理", "Hotels" },
    { "H62", "餐饮管理", "Catering" },     { "I65", "信息技术", "Software" },
    { "K70", "物业管理", "Property" },     { "L72", "商务咨询", "Consulting" },
    { "M75", "科技", "Technology" },       { "N77", "环保工程", "Environment" },
    { "O80", "汽车服务", "Auto Service" }, { "R87", "文化传媒", "Media" },
};

static const char *const products[N_PRODUCTS] = {
    "quick-loan", "invoice-loan", "tax-loan", "pos-loan", "equipment-loan", "mortgage-loan",
};

static const char *const lenders[N_LENDERS] = {
    "B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B09", "B10", "B11", "B12",
};

static const char *const relations[] = { "spouse", "parent", "child", "sibling" };

static const char *const trade_syllables[] = {
    "华", "盛", "鑫", "隆", "达", "宏", "瑞", "泰", "恒", "信", "诚", "嘉", "美", "佳", "优",
    "德", "源", "丰", "润", "和", "顺", "通", "聚", "汇", "联", "众", "创", "新", "智", "慧",
    "云", "天", "海", "金", "银", "星", "辰", "凯", "旋", "博", "雅", "远", "景", "卓", "越",
    "安", "康", "福", "禄", "祥", "龙", "凤", "腾", "飞", "翔", "宇", "航", "洲", "明", "东",
    "方", "兴", "旺", "永", "利", "益", "科", "力", "铭", "晟", "昊", "轩", "睿", "锦", "程",
};

static const char *const forms[] = {
    "有限公司",     "有限公司",     "有限公司",           "有限责任公司",
    "有限责任公司", "股份有限公司", "合伙企业(有限合伙)",
};

static const char *const latin_words[] = {
    "Aurora",    "Golden Bridge", "Evergreen",   "Pacific Star", "Blue Harbor", "Summit",  "Lotus",
    "Silk Road", "Red Maple",     "New Horizon", "Jade River",   "Sunrise",     "Polaris", "Unity",
};

static const char *const latin_forms[] = { " Co., Ltd.", " Ltd.", " Limited Company", " GmbH" };

static const char *const surnames[] = {
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴",   "周",   "徐",   "孙",   "马", "朱",
    "胡", "郭", "何", "高", "林", "罗", "郑", "梁", "谢",   "宋",   "唐",   "许",   "韩", "冯",
    "邓", "曹", "彭", "曾", "肖", "田", "董", "袁", "潘",   "于",   "蒋",   "蔡",   "余", "杜",
    "叶", "程", "苏", "魏", "吕", "丁", "任", "沈", "欧阳", "司马", "上官", "诸葛",
};

static const char *const given[] = {
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛",
    "明", "超", "秀", "霞", "平", "刚", "桂", "英", "华", "玉", "萍", "红", "建", "国", "志",
    "文", "辉", "鹏", "宇", "浩", "然", "子", "涵", "欣", "怡", "梓", "轩", "思", "雨", "晨",
    "博", "嘉", "琪", "雪", "梅", "兰", "春", "秋", "海", "波", "林", "峰", "斌", "鑫", "龙",
};

static const char *const latin_given[] = { "Maria", "John", "Aisha", "Tenzin", "Ivan", "José" };
static const char *const latin_surnames[] = { "Fernandes", "Smith",  "Yusuf",
                                              "Dorje",     "Petrov", "García" };

const struct city *city_at(uint64_t number)
{
    return &cities[number % N_CITIES];
}

const struct industry *industry_at(uint64_t number)
{
    return &industries[number % COUNT(industries)];
}

const char *product_at(uint64_t number)
{
    return products[number % N_PRODUCTS];
}

const char *lender_at(uint64_t number)
{
    return lenders[number % N_LENDERS];
}

const char *relation_at(uint64_t number)
{
    return relations[number % COUNT(relations)];
}

#define PICK(rng, list) ((list)[rng_below((rng), COUNT(list))])

static void latin_enterprise(struct key *out, struct rng *rng, const struct city *city,
                             const struct industry *industry)
{
    bool quoted = rng_chance(rng, 1, 8);

    key_add(out, city->latin);
    key_add(out, quoted ? " \"" : " ");
    key_add(out, PICK(rng, latin_words));
    key_add(out, quoted ? "\" " : " ");
    key_add(out, industry->latin);
    key_add(out, PICK(rng, latin_forms));
}

void name_enterprise(struct key *out, struct rng *rng, const struct city *city,
                     const struct industry *industry)
{
    uint64_t style = rng_below(rng, 100);

    out->size = 0;
    if (style < 6) {
        latin_enterprise(out, rng, city, industry);
        return;
    }
    key_add(out, city->name);
    if (style < 70)
        key_add(out, "市");
    for (uint64_t n = 2 + rng_below(rng, 2); n; n--)
        key_add(out, PICK(rng, trade_syllables));
    key_add(out, industry->word);
    key_add(out, PICK(rng, forms));
}

void name_person(struct key *out, struct rng *rng)
{
    out->size = 0;
    if (rng_chance(rng, 2, 100)) {
        key_add(out, PICK(rng, latin_given));
        key_add(out, " ");
        key_add(out, PICK(rng, latin_surnames));
        return;
    }
    key_add(out, PICK(rng, surnames));
    key_add(out, PICK(rng, given));
    if (rng_chance(rng, 7, 10))
        key_add(out, PICK(rng, given));
}
